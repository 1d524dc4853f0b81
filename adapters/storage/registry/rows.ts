import type { Insertable, Kysely, Selectable, Transaction } from "kysely";
import { parseAccountName, type AccountName } from "#domain/identity";
import {
  isManifestMediaType,
  parseDigest,
  parseRepositoryName,
  parseTag,
  type ManifestMediaType,
  type RepositoryName,
} from "#domain/oci";
import type { Deed, Referrer, Repository, StoredManifest, TagRecord } from "#services/registry";
import type { Schema } from "../schema.ts";

export type Executor = Kysely<Schema> | Transaction<Schema>;
type Row<Table extends keyof Schema> = Selectable<Schema[Table]>;

export function toAccount(name: string | null): AccountName | undefined {
  return name === null ? undefined : parseAccountName(name);
}

export function toRepository(row: Row<"registry_repositories">): Repository {
  return {
    name: parseRepositoryName(row.name),
    visibility: row.visibility,
    createdAt: row.created_at,
    createdBy: toAccount(row.created_by),
  };
}

export function toMediaType(text: string): ManifestMediaType {
  if (!isManifestMediaType(text)) throw new TypeError("a stored manifest has an unknown type");
  return text;
}

export function toTagRecord(
  row: Row<"registry_tags"> & Pick<Row<"registry_manifests">, "media_type" | "image_size">,
): TagRecord {
  return {
    tag: parseTag(row.tag),
    digest: parseDigest(row.digest),
    mediaType: toMediaType(row.media_type),
    size: row.image_size,
    pushedAt: row.pushed_at,
    pushedBy: toAccount(row.pushed_by),
  };
}

export function toManifest(
  row: Pick<
    Row<"registry_manifests">,
    "digest" | "media_type" | "bytes" | "pushed_at" | "pushed_by"
  >,
): StoredManifest {
  return {
    digest: parseDigest(row.digest),
    mediaType: toMediaType(row.media_type),
    bytes: row.bytes,
    pushedAt: row.pushed_at,
    pushedBy: toAccount(row.pushed_by),
  };
}

export function toReferrer(
  row: Pick<
    Row<"registry_manifests">,
    "digest" | "media_type" | "size" | "artifact_type" | "annotations"
  >,
): Referrer {
  return {
    digest: parseDigest(row.digest),
    mediaType: toMediaType(row.media_type),
    size: row.size,
    artifactType: row.artifact_type ?? undefined,
    annotations: new Map(Object.entries(JSON.parse(row.annotations) as Record<string, string>)),
  };
}

/** The row id of a repository; undefined when there is none of that name. */
export async function idOf(db: Executor, name: RepositoryName): Promise<number | undefined> {
  const row = await db
    .selectFrom("registry_repositories")
    .select("id")
    .where("name", "=", name)
    .executeTakeFirst();
  return row?.id;
}

/** The row id of a repository that comes to be, private, when it is not there. */
export async function ensureRepository(
  db: Executor,
  name: RepositoryName,
  deed: Deed,
): Promise<number> {
  const known = await idOf(db, name);
  if (known !== undefined) return known;
  const values: Insertable<Schema["registry_repositories"]> = {
    name,
    visibility: "private",
    created_at: deed.at,
    created_by: deed.by ?? null,
  };
  const made = await db
    .insertInto("registry_repositories")
    .values(values)
    .returning("id")
    .executeTakeFirstOrThrow();
  return made.id;
}
