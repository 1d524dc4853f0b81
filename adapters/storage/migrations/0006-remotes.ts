import type { Migration } from "kysely/migration";
import { sql, type Kysely } from "kysely";

/** Tables of other registries: which ones are trusted, and what was read there last. */
async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  `create table registries (
    host text primary key,
    trust_server text not null,
    ca text not null,
    username text,
    sealed_password blob,
    max_stale_seconds integer not null,
    added_at integer not null,
    added_by text not null
  ) strict, without rowid`,
  `create table remote_readings (
    gun text primary key,
    at integer not null,
    timestamp blob not null
  ) strict`,
  `create table remote_files (
    gun text not null references remote_readings (gun) on delete cascade,
    sha256 text not null,
    bytes blob not null,
    primary key (gun, sha256)
  ) strict`,
];

export const remotes: Migration = { up };
