import { spawnSync } from "node:child_process";
import { build } from "./build.ts";
import { installBenchTools } from "./peers.ts";
import { script } from "./script.ts";
import { projectDirectory } from "./settings.ts";

/** `make bench-cli`: our notary command beside the Go client, in one run. ROUNDS makes it longer. */
await script(() => {
  installBenchTools();
  build();
  const ran = spawnSync(process.execPath, ["tests/bench/cli.ts"], {
    cwd: projectDirectory,
    stdio: "inherit",
  });
  if (ran.status !== 0) process.exitCode = 1;
  return Promise.resolve();
});
