import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** What keeps trust data good: which master key sealed what, the newest date signed, who signs again. */
async function up(database: Kysely<unknown>): Promise<void> {
  const { schema } = database;
  await schema
    .alterTable("trust_keys")
    .addColumn("master_key", "text", (column) => column.notNull().defaultTo(""))
    .execute();
  await schema
    .createTable("trust_master_key")
    .addColumn("only", "integer", (column) => column.primaryKey())
    .addColumn("id", "text", (column) => column.notNull())
    .execute();
  await schema
    .createTable("trust_clock")
    .addColumn("only", "integer", (column) => column.primaryKey())
    .addColumn("newest", "bigint", (column) => column.notNull())
    .addColumn("jumped_from", "bigint")
    .addColumn("jumped_to", "bigint")
    .execute();
  await sql`insert into trust_clock (only, newest)
    select 1, coalesce(max(stored_at), 0) from trust_files where role = 'timestamp'`.execute(
    database,
  );
  await schema
    .createTable("trust_leases")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("holder", "text", (column) => column.notNull())
    .addColumn("until", "bigint", (column) => column.notNull())
    .execute();
  // Finds what expires without reading a single file.
  await schema
    .createIndex("trust_files_by_expiry")
    .on("trust_files")
    .columns(["gun", "role", "version", "expires_at"])
    .execute();
}

export const trustUpkeep: Migration = { up };
