import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mustRun } from "../harness/peers-run.ts";
import type { GatewayRow } from "./gateway-report.ts";
import type { GatewayBench } from "./gateway-world.ts";
import { median } from "./report.ts";

const megabyte = 1_048_576;

/** Large bodies in both directions, sent and received by curl on both ways, in turns. */
export async function streams(
  bench: GatewayBench,
  { directory, megabytes, rounds }: { directory: string; megabytes: number; rounds: number },
): Promise<readonly GatewayRow[]> {
  const [image = ""] = bench.images;
  const docker = ["-H", `unix://${bench.engine.socketPath}`];
  await writeFile(join(directory, "large"), randomBytes(megabytes * megabyte));
  await mustRun("tar", ["-C", directory, "-cf", join(directory, "large.tar"), "large"]);
  await mustRun("docker", [...docker, "import", join(directory, "large.tar"), "bench/large:1"]);
  const saved = join(directory, "saved.tar");
  await mustRun("docker", [...docker, "save", "-o", saved, "bench/large:1"]);
  const run = [...docker, "run", "-d", "--network", "none"];
  const lines = 500_000;
  const loud = await mustRun("docker", [...run, image, "seq", String(lines)], {});
  await mustRun("docker", [...docker, "wait", loud.trim()]);
  const still = (await mustRun("docker", [...run, image, "sleep", "1d"])).trim();
  const archive = `/containers/${still}/archive?path=/`;
  const upload = (file: string): readonly string[] => [
    ...["-T", file, "-H", "Content-Type: application/x-tar", "-H", "Expect:"],
  ];
  await once(bench, "direct", archive, upload(join(directory, "large.tar")));
  const cases = [
    ["image load", "/images/load?quiet=1", ["-X", "POST", ...upload(saved)]],
    ["docker cp, to the container", archive, upload(join(directory, "large.tar"))],
    ["docker cp, from the container", `${archive}large`, []],
    ["image save", "/images/get?names=bench/large:1", []],
    ["logs", `/containers/${loud.trim()}/logs?stdout=1`, []],
  ] as const;
  const rows: GatewayRow[] = [];
  for (const [what, path, options] of cases) {
    const speeds = { direct: [] as number[], ours: [] as number[] };
    for (let round = 0; round <= rounds; round += 1)
      for (const side of ["direct", "ours"] as const) {
        const speed = await once(bench, side, path, options);
        if (round > 0) speeds[side].push(speed); // the first fills caches
      }
    const [direct, ours] = [median(speeds.direct), median(speeds.ours)];
    rows.push({ what, unit: "MB/s", direct, ours, compare: "ratio" });
  }
  return rows;
}

/** Megabytes a second, in whichever direction there are more. */
async function once(
  bench: GatewayBench,
  side: "direct" | "ours",
  path: string,
  options: readonly string[],
): Promise<number> {
  const { bundle } = bench.alice;
  const way =
    side === "direct"
      ? ["--unix-socket", bench.engine.socketPath, `http://docker${path}`]
      : [
          ...["--cacert", join(bundle, "ca.pem"), "--cert", join(bundle, "cert.pem")],
          ...[
            "--key",
            join(bundle, "key.pem"),
            bench.server.gateway.replace("tcp:", "https:") + path,
          ],
        ];
  const format = "%{http_code} %{size_upload} %{size_download} %{time_total}";
  const said = await mustRun("curl", ["-sS", "-o", "/dev/null", "-w", format, ...options, ...way]);
  const [status, up = 0, down = 0, seconds = 0] = said.split(" ").map(Number);
  if (status !== 200) throw new Error(`${path}: answered ${status}`);
  return Math.max(up, down) / 1e6 / seconds;
}
