import { homedir } from "node:os";
import { run, type ExitCode } from "./program.ts";
import { standardInput } from "./standard-input.ts";
import type { World } from "./world.ts";

/** Runs the command line of this process. */
export async function runHere(env: World["env"]): Promise<ExitCode> {
  return await run(process.argv.slice(2), {
    env,
    workingDirectory: process.cwd(),
    homeDirectory: homedir(),
    clock: Date.now,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    input: standardInput(() => process.stdin),
  });
}
