import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootId } from "./processes.ts";

/** Clears what an engine that is gone has left behind, and what would keep the next one from starting. */
export function clearLeftovers(root: string, run: string): void {
  unmount(root, run);
  const boot = join(root, "boot");
  const restarted = existsSync(boot) && readFileSync(boot, "utf8") !== bootId();
  if (restarted) {
    rmSync(join(run, "exec"), { recursive: true, force: true });
    mkdirSync(join(run, "exec"), { mode: 0o700 });
  }
  rmSync(join(run, "dockerd.pid"), { force: true });
  const containerd = join(run, "exec/containerd/containerd.pid");
  if (existsSync(containerd) && commandOf(readFileSync(containerd, "utf8")) !== "containerd")
    rmSync(containerd);
  rmSync(join(run, "docker.sock"), { force: true });
}

/** What a pid runs; a dead process that nobody has waited for runs nothing. */
function commandOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid.trim()}/stat`, "utf8");
    const [, name, state] = /\((.*)\) (.)/s.exec(stat) ?? [];
    return state === "Z" ? undefined : name;
  } catch {
    return undefined; // no such process
  }
}

/** Unmounts what an engine that is gone has left mounted, the innermost first. */
export function unmount(root: string, run: string): void {
  const below = (mount: string): boolean =>
    [root, run].some((folder) => mount.startsWith(`${folder}/`));
  for (const mount of mountPoints().filter(below).toReversed())
    spawnSync("umount", [mount], { stdio: "ignore" });
}

function mountPoints(): readonly string[] {
  try {
    const lines = readFileSync("/proc/self/mountinfo", "utf8").trim().split("\n");
    return lines.map((line) => (line.split(" ")[4] ?? "").replaceAll("\\040", " "));
  } catch {
    return []; // no Linux, so no engine of ours
  }
}

/** A `docker0` that is not ours belongs to another engine: two cannot share it. */
export function hasForeignBridge(root: string): boolean {
  const exists = existsSync("/sys/class/net/docker0");
  if (!exists) writeFileSync(join(root, "made-bridge"), "");
  return exists && !existsSync(join(root, "made-bridge"));
}

/** Takes away the bridge that our engine has made, unless another one runs that may use it by now. */
export function removeBridge(root: string): void {
  const mark = join(root, "made-bridge");
  if (!existsSync(mark)) return;
  if (!anotherEngineRuns()) spawnSync("ip", ["link", "delete", "docker0"], { stdio: "ignore" });
  rmSync(mark);
}

/** Whether some engine is left that may have taken over the bridge that ours had made. */
function anotherEngineRuns(): boolean {
  return readdirSync("/proc").some((name) => /^\d+$/.test(name) && commandOf(name) === "dockerd");
}
