/**
 * `make bench-gateway`: the built server in front of a real engine, beside that engine's own socket, in one run
 * and in turns. Ours as it is shipped: TLS with a client certificate, every decision on disk.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "../harness/peers-run.ts";
import { bothWays, create, expectStatus, latencyRows, timed } from "./gateway-calls.ts";
import { held } from "./gateway-held.ts";
import { printHeading, printRows, quantile, type GatewayRow } from "./gateway-report.ts";
import { streams } from "./gateway-streams.ts";
import { startGatewayBench, touchTrust, type GatewayBench } from "./gateway-world.ts";

const setting = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const calls = setting("CALLS", 1_000);
const creates = setting("CREATES", 200);
const rounds = setting("ROUNDS", 5);
const megabytes = setting("MEGABYTES", 64);
const burst = setting("BURST", 1_000);
const heldStreams = setting("HELD", 500);
const concurrency = 32;

const directory = await mkdtemp(join(tmpdir(), "countersign-bench-"));
try {
  console.error("starting an engine and a server, signing images");
  await using bench = await startGatewayBench(directory);
  printHeading();
  for (const [what, measured] of [
    ["calls that change nothing", unaffected],
    ["creates, warm", warmCreates],
    ["creates after new trust data", coldCreates],
    ["streams", (on: GatewayBench) => streams(on, { directory, megabytes, rounds })],
    ["held streams", (on: GatewayBench) => held(on, heldStreams)],
    ["a burst of creates", bursts],
    ["verdicts in process", verdicts],
  ] as const) {
    console.error(`measuring ${what}`);
    printRows(await measured(bench));
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function unaffected(bench: GatewayBench): Promise<readonly GatewayRow[]> {
  const ways = bothWays(bench);
  const [image = ""] = bench.images;
  const body = { Image: `${await pinned(bench, image)}`, HostConfig: { NetworkMode: "none" } };
  const made = await expectStatus(ways.direct.call("POST", "/containers/create", body), 201);
  const { Id: id } = JSON.parse(made.body.toString()) as { Id: string };
  const rows: GatewayRow[] = [];
  for (const [what, path] of [
    ["GET /_ping", "/_ping"],
    ["GET /containers/json?all=1", "/containers/json?all=1"],
    ["GET /containers/{id}/json", `/containers/${id}/json`],
  ] as const) {
    const call = async (side: "direct" | "ours"): Promise<number> =>
      (await expectStatus(ways[side].call("GET", path), 200)).ms;
    await timed(call, calls / 2); // a server in use has run its code before
    rows.push(...latencyRows(what, await timed(call, calls)));
  }
  await expectStatus(ways.direct.call("DELETE", `/containers/${id}`), 204);
  close(ways);
  return rows;
}

async function warmCreates(bench: GatewayBench): Promise<readonly GatewayRow[]> {
  const ways = bothWays(bench);
  const [image = ""] = bench.images;
  const call = (side: "direct" | "ours"): Promise<number> => create(ways[side], ways.direct, image);
  await timed(call, creates / 4);
  const admitted = latencyRows("create, verdict warm", await timed(call, creates));
  const refused: number[] = [];
  const body = { Image: bench.unsigned, HostConfig: { NetworkMode: "none" } };
  for (let count = 0; count < creates; count += 1) {
    const asked = ways.ours.call("POST", "/containers/create", body);
    refused.push((await expectStatus(asked, 403)).ms);
  }
  close(ways);
  return [
    ...admitted,
    { what: "create refused, p50", unit: "ms", ours: quantile(refused, 0.5) },
    { what: "create refused, p99", unit: "ms", ours: quantile(refused, 0.99) },
  ];
}

/** The first create of each image after its repository's trust data has changed. */
async function coldCreates(bench: GatewayBench): Promise<readonly GatewayRow[]> {
  const ways = bothWays(bench);
  const took = { direct: [] as number[], ours: [] as number[] };
  const checked: number[] = [];
  for (let round = 0; round < 3; round += 1)
    for (const image of bench.images) {
      await touchTrust(bench, image, `mark${round}`);
      const before = await bench.checks();
      took.ours.push(await create(ways.ours, ways.direct, image));
      checked.push((await bench.checks()) - before);
      took.direct.push(await create(ways.direct, ways.direct, image));
    }
  close(ways);
  const [p50] = latencyRows("create after new trust data", took);
  const what = "signature checks for it";
  return [
    ...(p50 === undefined ? [] : [p50]),
    { what, unit: "count", ours: quantile(checked, 0.5) },
  ];
}

/** Many creates of few images at once, by a server that has just started. */
async function bursts(bench: GatewayBench): Promise<readonly GatewayRow[]> {
  await bench.server.restart();
  const ways = bothWays(bench, concurrency);
  const before = await bench.checks();
  const ours = await manyCreates(bench, ways.ours, ways.direct);
  const checked = (await bench.checks()) - before;
  const direct = await manyCreates(bench, ways.direct, ways.direct);
  close(ways);
  const count = `${burst} creates of ${bench.images.length} images`;
  return [
    { what: `${count}, ${concurrency} at once`, unit: "s", direct, ours, compare: "ratio" },
    { what: "signature checks for them", unit: "count", ours: checked },
    { what: "processes that answer", unit: "count", ours: Math.max(1, bench.pids().length - 1) },
  ];
}

async function manyCreates(
  bench: GatewayBench,
  by: ReturnType<typeof bothWays>["ours"],
  remover: ReturnType<typeof bothWays>["direct"],
): Promise<number> {
  const started = performance.now();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < burst) {
      const image = bench.images[next % bench.images.length] ?? "";
      next += 1;
      await create(by, remover, image);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return (performance.now() - started) / 1_000;
}

/** In a process of its own, on the data of the server, which is stopped for it. */
async function verdicts(bench: GatewayBench): Promise<readonly GatewayRow[]> {
  await bench.server.stop();
  const said = await mustRun(
    process.execPath,
    [
      "--conditions=source",
      `--import=${join(import.meta.dirname, "gateway-checks.ts")}`,
      join(import.meta.dirname, "gateway-verdict.ts"),
      ...bench.images,
    ],
    {
      env: {
        COUNTERSIGN_DATA: bench.server.data,
        COUNTERSIGN_HOST: bench.server.registryHost,
        COUNTERSIGN_ENGINE: "none",
      },
    },
  );
  return JSON.parse(said) as readonly GatewayRow[];
}

async function pinned(bench: GatewayBench, image: string): Promise<string> {
  const socket = ["-H", `unix://${bench.engine.socketPath}`];
  const said = await mustRun("docker", [...socket, "image", "inspect", "-f", "{{.Id}}", image]);
  return said.trim();
}

function close(ways: ReturnType<typeof bothWays>): void {
  ways.direct.close();
  ways.ours.close();
}
