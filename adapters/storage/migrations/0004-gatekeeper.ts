import type { Migration } from "kysely/migration";
import type { Kysely } from "kysely";

/** Tables of `services/gatekeeper`. */
async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable("policies")
    .addColumn("version", "integer", (column) => column.primaryKey())
    .addColumn("mode", "text", (column) => column.notNull())
    .addColumn("required", "text", (column) => column.notNull())
    .addColumn("changed_at", "integer", (column) => column.notNull())
    .addColumn("changed_by", "text")
    .execute();
  await database.schema
    .createTable("decisions")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("at", "integer", (column) => column.notNull())
    .addColumn("repository", "text")
    .addColumn("effect", "text", (column) => column.notNull())
    .addColumn("record", "text", (column) => column.notNull())
    .execute();
  await database.schema
    .createIndex("decisions_by_repository")
    .on("decisions")
    .columns(["repository", "id"])
    .execute();
}

export const gatekeeper: Migration = { up };
