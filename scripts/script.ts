import { Stop } from "./settings.ts";

/** Runs a script: what a person can mend is one sentence on stderr and exit code 1. */
export async function script(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 1;
  }
}
