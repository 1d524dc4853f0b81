import { existsSync } from "node:fs";
import { join } from "node:path";
import { openDatabase, type Database } from "#adapters/storage";
import type { Config } from "./config.ts";
import { ServerError } from "./errors.ts";

export function databaseFile(config: Config): string {
  return join(config.dataDirectory, "countersign.sqlite");
}

/** Opens the database of an installation for one piece of work beside the server. Throws `server/config-invalid`. */
export async function inDatabase<Result>(
  config: Config,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  if (!existsSync(databaseFile(config)))
    throw new ServerError(
      "server/config-invalid",
      `there is no database in ${config.dataDirectory}: name the data directory in COUNTERSIGN_DATA`,
    );
  const database = await openDatabase(databaseFile(config));
  try {
    return await work(database);
  } finally {
    await database.destroy();
  }
}
