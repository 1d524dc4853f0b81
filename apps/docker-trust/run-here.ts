import { processWorld, type World } from "#apps/drop-in";
import { run, type ExitCode } from "./program.ts";

/** Runs what docker handed to this process. */
export async function runHere(env: World["env"]): Promise<ExitCode> {
  return await run(process.argv.slice(2), processWorld(env));
}
