import { spawnSync } from "node:child_process";
import { build } from "./build.ts";
import { installPeers } from "./peers.ts";
import { script } from "./script.ts";
import { projectDirectory } from "./settings.ts";

/** `make bench-gateway`: the Docker gateway beside the engine's own socket, in one run. */
await script(() => {
  installPeers(["docker", "dockerd", "notary", "busybox", "openssl", "curl"]);
  build();
  const ran = spawnSync(process.execPath, ["--conditions=source", "tests/bench/gateway.ts"], {
    cwd: projectDirectory,
    stdio: "inherit",
  });
  if (ran.status !== 0) process.exitCode = 1;
  return Promise.resolve();
});
