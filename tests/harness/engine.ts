import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A Docker engine of our own: nothing of it outlives `stop`. */
export type TestEngine = {
  readonly folder: string;
  readonly socketPath: string;
  stop(): Promise<void>;
};

const busyboxCommands = [
  "sh",
  "sleep",
  "ls",
  "cat",
  "echo",
  "id",
  "head",
  "wc",
  "true",
  "seq",
  "nc",
];

/** Why no engine can run here; undefined where one can. With CI=true the tests run anyway, and fail. */
export function whyNoEngine(): string | undefined {
  if (process.env["CI"] === "true") return undefined;
  if (process.getuid?.() !== 0) return "a private dockerd needs root";
  const missing = ["dockerd", "docker", "busybox", "openssl"].filter(
    (name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0,
  );
  return missing.length === 0 ? undefined : `not installed: ${missing.join(", ")}`;
}

/** Starts a private dockerd, without networks of its own, and waits until it answers. */
export async function startEngine(...flags: readonly string[]): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), "cs-engine-"));
  const socketPath = join(folder, "docker.sock");
  const child = spawn(
    "dockerd",
    [
      ...["--data-root", join(folder, "data"), "--exec-root", join(folder, "exec")],
      ...["-p", join(folder, "pid"), "-H", `unix://${socketPath}`],
      ...["--bridge=none", "--iptables=false", "--ip6tables=false"],
      ...flags,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => (words = (words + chunk.toString()).slice(-4_000)));
  const engine = { folder, socketPath, stop: () => stopEngine(child, folder, socketPath) };
  for (let tries = 0; tries < 300; tries += 1) {
    if ((await pingStatus(socketPath)) === 200) return engine;
    if (child.exitCode !== null) break;
    await delay(100);
  }
  await engine.stop();
  throw new Error(`dockerd does not answer: ${words}`);
}

async function stopEngine(child: ChildProcess, folder: string, socketPath: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, "exit");
    // A first process that ignores TERM would hold the engine up for ten seconds: end containers first.
    spawnSync("sh", [
      "-c",
      `timeout 20 docker -H unix://${socketPath} ps -aq | xargs -r timeout 20 docker -H unix://${socketPath} rm -f`,
    ]);
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), 30_000);
    await gone;
    clearTimeout(killer);
  }
  spawnSync("sh", [
    "-c",
    `awk -v f='${folder}/' 'index($2, f) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n1 umount -l`,
  ]);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function pingStatus(socketPath: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: "/_ping", timeout: 2_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.once("error", () => resolve(undefined));
    asked.once("timeout", () => asked.destroy());
    asked.end();
  });
}

/** A folder with a tiny file system in `rootfs` and a Dockerfile beside it: an image of 2 MB. */
export async function makeTinyImageFolder(folder: string): Promise<string> {
  const bin = join(folder, "rootfs", "bin");
  await mkdir(bin, { recursive: true });
  await cp("/bin/busybox", join(bin, "busybox"));
  for (const name of busyboxCommands) await symlink("busybox", join(bin, name));
  return join(folder, "rootfs");
}
