import type { Migration } from "kysely/migration";
import { sql, type Kysely } from "kysely";

/** Tables of `services/registry`. */
async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  `create table registry_repositories (
    id integer primary key autoincrement,
    name text not null unique,
    visibility text not null check (visibility in ('private', 'public')),
    created_at integer not null,
    created_by text
  ) strict`,
  `create table registry_uploads (
    id text primary key,
    repository text not null,
    started_at integer not null
  ) strict`,
  `create index registry_uploads_by_age on registry_uploads (started_at)`,
  `create table registry_blob_links (
    repository_id integer not null references registry_repositories (id) on delete cascade,
    digest text not null,
    size integer not null,
    linked_at integer not null,
    linked_by text,
    primary key (repository_id, digest)
  ) strict, without rowid`,
  `create index registry_blob_links_by_digest on registry_blob_links (digest)`,
  `create table registry_manifests (
    repository_id integer not null references registry_repositories (id) on delete cascade,
    digest text not null,
    media_type text not null,
    size integer not null,
    image_size integer not null,
    artifact_type text,
    subject text,
    annotations text not null,
    pushed_at integer not null,
    pushed_by text,
    bytes blob not null,
    primary key (repository_id, digest)
  ) strict`,
  `create index registry_manifests_by_subject on registry_manifests (repository_id, subject, digest)
    where subject is not null`,
  `create table registry_references (
    repository_id integer not null,
    manifest text not null,
    digest text not null,
    primary key (repository_id, manifest, digest),
    foreign key (repository_id, manifest)
      references registry_manifests (repository_id, digest) on delete cascade
  ) strict, without rowid`,
  `create index registry_references_by_digest on registry_references (repository_id, digest)`,
  `create table registry_tags (
    repository_id integer not null,
    tag text not null,
    digest text not null,
    pushed_at integer not null,
    pushed_by text,
    primary key (repository_id, tag),
    foreign key (repository_id, digest) references registry_manifests (repository_id, digest)
  ) strict, without rowid`,
  `create index registry_tags_by_digest on registry_tags (repository_id, digest)`,
  `create table registry_tag_moves (
    id integer primary key autoincrement,
    repository_id integer not null references registry_repositories (id) on delete cascade,
    tag text not null,
    digest text,
    moved_at integer not null,
    moved_by text
  ) strict`,
  `create index registry_tag_moves_by_tag on registry_tag_moves (repository_id, tag, id)`,
];

export const registry: Migration = { up };
