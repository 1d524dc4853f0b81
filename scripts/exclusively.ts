import { linkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { remember, running } from "./processes.ts";
import { Stop } from "./settings.ts";

/** Runs `work` while no other `make up` or `make down` of this data directory does. Throws `Stop`. */
export async function exclusively(data: string, work: () => Promise<void>): Promise<void> {
  const file = join(data, "busy");
  if (running(file) !== undefined) throw new Stop("another make up or make down is still at work");
  const own = join(data, `busy.${process.pid}`);
  remember(own, process.pid);
  try {
    linkSync(own, file); // fails where the file exists: one of two wins
  } catch {
    throw new Stop("another make up or make down has just begun");
  } finally {
    rmSync(own);
  }
  try {
    await work();
  } finally {
    rmSync(file);
  }
}
