import { homedir } from "node:os";
import { standardInput } from "#apps/notary";
import { run, type ExitCode } from "./program.ts";

/** Runs what docker handed to this process. */
export async function runHere(env: NodeJS.ProcessEnv): Promise<ExitCode> {
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
