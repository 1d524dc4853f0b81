import type { Migration } from "kysely/migration";
import { sql, type Kysely } from "kysely";

/** What happens when a running image loses its approval, how what runs was seen last, and what is still to be told. */
async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  `alter table policies add column when_lost text not null default '{"action":"report"}'`,
  `create table workload_states (
    kind text not null,
    id text not null,
    state text not null,
    primary key (kind, id)
  ) strict, without rowid`,
  `create table workload_notices (
    id integer primary key autoincrement,
    due integer not null,
    attempts integer not null,
    webhook text not null,
    notice text not null
  ) strict`,
  `create index workload_notices_by_due on workload_notices (due, id)`,
];

export const workloads: Migration = { up };
