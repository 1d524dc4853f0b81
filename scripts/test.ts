import { spawnSync } from "node:child_process";
import { markBuilt } from "./build.ts";
import { installPeers } from "./peers.ts";
import { script } from "./script.ts";
import { projectDirectory, Stop } from "./settings.ts";
import { say } from "./say.ts";

/** `make test`: peers, checks, build and every test. Arguments go to vitest. */
await script(async () => {
  const missing = installPeers();
  if (missing.length > 0 && process.env["CI"])
    throw new Stop(`on CI every peer must be there; missing: ${missing.join(", ")}`);
  const before = Date.now();
  const failed = ["check", "build"].filter((step) => !npm(step));
  if (!failed.includes("build")) markBuilt(before);
  const tests = ["vitest", "run", "--reporter=default", "--reporter=./scripts/closing-line.ts"];
  const ran = run("npx", ["--no-install", ...tests, ...process.argv.slice(2)], {
    FAILED_STEPS: failed.join(" "),
  });
  if (!ran || failed.length > 0) process.exitCode = 1;
  return Promise.resolve();
});

function npm(step: string): boolean {
  say(`npm run ${step}`);
  const quiet = step === "build" ? ["--", "--logLevel", "warn"] : [];
  return run("npm", ["run", "--silent", step, ...quiet], {});
}

function run(command: string, args: readonly string[], env: Record<string, string>): boolean {
  const ran = spawnSync(command, args, {
    cwd: projectDirectory,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  return ran.status === 0;
}
