import type { Migration } from "kysely/migration";
import type { Kysely } from "kysely";

/** Tables of `services/trust` and `services/reader`. */
async function up(database: Kysely<unknown>): Promise<void> {
  const { schema } = database;
  await schema
    .createTable("trust_files")
    .addColumn("gun", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("version", "bigint", (column) => column.notNull())
    .addColumn("sha256", "text", (column) => column.notNull())
    .addColumn("bytes", "blob", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .addColumn("stored_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("trust_files_key", ["gun", "role", "version"])
    .execute();
  await schema
    .createIndex("trust_files_by_checksum")
    .on("trust_files")
    .columns(["gun", "role", "sha256"])
    .execute();
  await schema
    .createTable("trust_changes")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("gun", "text", (column) => column.notNull())
    .addColumn("version", "bigint", (column) => column.notNull())
    .addColumn("sha256", "text", (column) => column.notNull())
    .addColumn("category", "text", (column) => column.notNull())
    .execute();
  await schema
    .createIndex("trust_changes_by_gun")
    .on("trust_changes")
    .columns(["gun", "id"])
    .execute();
  await schema
    .createTable("trust_keys")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("gun", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("key_id", "text", (column) => column.notNull())
    .addColumn("public", "text", (column) => column.notNull())
    .addColumn("sealed", "blob", (column) => column.notNull())
    .addColumn("is_used", "integer", (column) => column.notNull())
    .addUniqueConstraint("trust_keys_once", ["gun", "role", "key_id"])
    .execute();
  await schema
    .createTable("trust_roots")
    .addColumn("gun", "text", (column) => column.primaryKey())
    .addColumn("version", "bigint", (column) => column.notNull())
    .addColumn("bytes", "blob", (column) => column.notNull())
    .execute();
  await schema
    .createTable("trust_seen")
    .addColumn("gun", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("version", "bigint", (column) => column.notNull())
    .addColumn("sha256", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("trust_seen_key", ["gun", "role"])
    .execute();
}

export const trust: Migration = { up };
