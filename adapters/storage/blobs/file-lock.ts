import { DatabaseSync } from "node:sqlite";
import { isBusy } from "../is-busy.ts";

export type FileLock = { release(): void };

/**
 * Takes the lock that the file `path` stands for, or says at once that another process has it. It is the
 * operating system's (SQLite takes it for us, on a database that stays empty): it ends with the process that
 * holds it, however that ends. Within one process ask once at a time.
 */
export function tryFileLock(path: string): FileLock | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}
