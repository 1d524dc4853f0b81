import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findInstance, type Instance } from "./demo/instance.ts";
import { endOnInterrupt } from "./demo/narrator.ts";
import { play } from "./demo/play.ts";
import { installPeers } from "./peers.ts";
import { script } from "./script.ts";
import { Stop } from "./settings.ts";

/** `make demo`: the whole journey with the real clients, told command by command. */
await script(async () => {
  installPeers(["docker", "notary", "busybox"]);
  if (spawnSync("docker", ["trust", "--help"], { stdio: "ignore" }).status !== 0)
    throw new Stop("the demo needs a docker client with docker trust: any up to 28");
  endOnInterrupt();
  await using instance: Instance = await findInstance();
  const stage = mkdtempSync(join(tmpdir(), "countersign-stage-"));
  try {
    await play(stage, instance);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
});
