import { Kysely, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import { migrations } from "./migrations.ts";
import type { Schema } from "./schema.ts";
import { openSqlite } from "./sqlite.ts";

/** The SQL database under all stores. Closed by `destroy()`. */
export type Database = Kysely<Schema>;

/** Opens the database in `file` and brings its schema up to date; `:memory:` for tests. */
export async function openDatabase(file: string): Promise<Database> {
  const database = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: openSqlite(file) }),
  });
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
