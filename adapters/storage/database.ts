import { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import { migrations } from "./migrations.ts";
import { PatientDialect } from "./patient-dialect.ts";
import type { Schema } from "./schema.ts";
import { sharedLook, type SharedLook } from "./shared-look.ts";
import { openSqlite } from "./sqlite.ts";

/** The SQL database under all stores. Closed by `destroy()`. */
export type Database = Kysely<Schema>;

const dataVersions = new WeakMap<Database, SharedLook>();

/** A number that is another one once somebody else than this process has changed the database. */
export function dataVersionOf(database: Database): number {
  return lookAt(database).value();
}

/**
 * Lets all requests of one turn of the event loop share a look at `dataVersionOf`: each waits here first, and
 * answers from memory without waiting again. None of them is given anything older than itself.
 */
export function together(database: Database): Promise<void> {
  return lookAt(database).together();
}

function lookAt(database: Database): SharedLook {
  const look = dataVersions.get(database);
  if (look === undefined) throw new TypeError("not a database that openDatabase gave");
  return look;
}

/** Opens the database in `file` and brings its schema up to date; `:memory:` for tests. */
export async function openDatabase(file: string): Promise<Database> {
  const sqlite = openSqlite(file);
  const database = new Kysely<Schema>({ dialect: new PatientDialect(sqlite) });
  dataVersions.set(
    database,
    sharedLook(() => sqlite.dataVersion()),
  );
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    await database.destroy();
    throw error;
  }
  return database;
}
