import { spawnSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** What the names of all labs begin with; the pid of the test run follows. */
export const prefix = "cslab";
export const namespaces = "/run/netns";

/** Takes away what test runs left that were killed themselves: their hosts died with them. */
export async function sweep(): Promise<void> {
  const folders = (await readdir(tmpdir())).map((name) => join(tmpdir(), name));
  const networks = await readdir(namespaces).catch(() => []); // there is no such folder before the first
  for (const left of [...folders, ...networks]) {
    const [, name, pid] = new RegExp(`(?:^|/)(${prefix}-(\\d+))-[^/]+$`).exec(left) ?? [];
    if (name === undefined || pid === undefined || succeeds("kill", ["-0", pid])) continue;
    if (left.startsWith("/")) await rm(left, { recursive: true, force: true });
    else spawnSync("ip", ["netns", "del", left]);
    await removeGroups(name);
  }
}

/** Control groups outlive a host that loses its power; the kernel lets go of them a moment later. */
export async function removeGroups(name: string): Promise<void> {
  const script = `find /sys/fs/cgroup -maxdepth 2 -type d -name ${name} | while read -r group; do
    find "$group" -depth -type d -exec rmdir {} + || exit 1; done 2>/dev/null`;
  for (let tries = 0; tries < 20 && !succeeds("sh", ["-c", script]); tries += 1) await delay(100);
}

export function succeeds(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}
