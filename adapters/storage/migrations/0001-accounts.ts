import type { Migration } from "kysely/migration";
import { sql, type Kysely } from "kysely";

const statements = [
  sql`create table accounts_state (
    id integer primary key check (id = 1),
    version integer not null
  ) strict`,
  sql`insert into accounts_state (id, version) values (1, 1)`,
  sql`create table account_names (
    name text primary key,
    kind text not null check (kind in ('user', 'organization'))
  ) strict, without rowid`,
  sql`create table users (
    name text primary key references account_names (name),
    full_name text not null,
    is_admin integer not null,
    is_active integer not null,
    permission text not null
      check (permission in ('none', 'view-only', 'restricted-control', 'full-control')),
    created_at integer not null,
    password_hash text not null,
    attempts integer not null,
    last_attempt_at integer not null,
    locked_until integer not null
  ) strict, without rowid`,
  sql`create table organizations (
    name text primary key references account_names (name),
    full_name text not null,
    created_at integer not null
  ) strict, without rowid`,
  sql`create table teams (
    name text primary key,
    organization text not null references organizations (name),
    description text not null,
    repository_right text not null check (repository_right in ('read', 'write', 'admin'))
  ) strict, without rowid`,
  sql`create table team_members (
    team text not null references teams (name) on delete cascade,
    account text not null references users (name),
    primary key (team, account)
  ) strict, without rowid`,
  sql`create table account_keys (
    fingerprint text primary key,
    account text not null references users (name),
    label text not null,
    public_key text not null,
    created_at integer not null,
    revoked_at integer
  ) strict, without rowid`,
  sql`create table sessions (
    token_hash text primary key,
    account text not null references users (name),
    created_at integer not null,
    last_used_at integer not null
  ) strict, without rowid`,
  sql`create index sessions_of_account on sessions (account)`,
];

/** Tables of `services/accounts`. */
async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}

export const accounts: Migration = { up };
