import type { Digest } from "#domain/oci";
import { ReferenceAbsentError, type NewManifest, type RegistryStore } from "#services/registry";
import type { Database } from "../database.ts";
import { isReferenced } from "./blob-queries.ts";
import { ensureRepository, idOf, toManifest, toReferrer, type Executor } from "./rows.ts";
import { moveTag, removeTagsOf } from "./tag-queries.ts";

type Part = Pick<RegistryStore, "putManifest" | "manifest" | "deleteManifest" | "referrers">;

export function manifestQueries(database: Database): Part {
  return {
    async putManifest(manifest, tag, deed, { signal }) {
      signal.throwIfAborted();
      await database.transaction().execute(async (db) => {
        const id = await ensureRepository(db, manifest.repository, deed);
        const imageSize = manifest.bytes.length + (await sizeOfContent(db, id, manifest));
        const { numInsertedOrUpdatedRows: inserted } = await db
          .insertInto("registry_manifests")
          .values({
            repository_id: id,
            digest: manifest.digest,
            media_type: manifest.mediaType,
            size: manifest.bytes.length,
            image_size: imageSize,
            artifact_type: manifest.artifactType ?? null,
            subject: manifest.subject ?? null,
            annotations: JSON.stringify(Object.fromEntries(manifest.annotations)),
            pushed_at: deed.at,
            pushed_by: deed.by ?? null,
            bytes: manifest.bytes,
          })
          .onConflict((conflict) => conflict.columns(["repository_id", "digest"]).doNothing())
          .executeTakeFirst();
        if ((inserted ?? 0n) > 0n) await insertReferences(db, id, manifest);
        if (tag !== undefined) await moveTag(db, id, { tag, digest: manifest.digest }, deed);
      });
    },

    async manifest(repository, digest, { signal }) {
      signal.throwIfAborted();
      const row = await database
        .selectFrom("registry_manifests as m")
        .innerJoin("registry_repositories as r", "r.id", "m.repository_id")
        .select(["m.digest", "m.media_type", "m.bytes", "m.pushed_at", "m.pushed_by"])
        .where("r.name", "=", repository)
        .where("m.digest", "=", digest)
        .executeTakeFirst();
      return row && toManifest(row);
    },

    async deleteManifest(repository, digest, deed, { signal }) {
      signal.throwIfAborted();
      return await database.transaction().execute(async (db) => {
        const id = await idOf(db, repository);
        if (id === undefined) return "unknown";
        if (await isReferenced(db, id, digest)) return "in-use";
        await removeTagsOf(db, id, digest, deed);
        const { numDeletedRows } = await db
          .deleteFrom("registry_manifests")
          .where("repository_id", "=", id)
          .where("digest", "=", digest)
          .executeTakeFirst();
        return numDeletedRows > 0n ? "removed" : "unknown";
      });
    },

    async referrers({ repository, subject, artifactType, after, limit }, { signal }) {
      signal.throwIfAborted();
      const rows = await database
        .selectFrom("registry_manifests as m")
        .innerJoin("registry_repositories as r", "r.id", "m.repository_id")
        .select(["m.digest", "m.media_type", "m.size", "m.artifact_type", "m.annotations"])
        .where("r.name", "=", repository)
        .where("m.subject", "=", subject)
        .where("m.digest", ">", after ?? "")
        .$if(artifactType !== undefined, (query) =>
          query.where("m.artifact_type", "=", artifactType ?? ""),
        )
        .orderBy("m.digest")
        .limit(limit)
        .execute();
      return rows.map(toReferrer);
    },
  };
}

/** The bytes of all that a manifest requires. Throws `registry/reference-absent` when some of it is not here. */
async function sizeOfContent(
  db: Executor,
  repositoryId: number,
  { requires }: NewManifest,
): Promise<number> {
  const digests = [...new Set(requires.map(({ digest }) => digest))];
  if (digests.length === 0) return 0;
  const blobs = await db
    .selectFrom("registry_blob_links")
    .select(["digest", "size"])
    .where("repository_id", "=", repositoryId)
    .where("digest", "in", digests)
    .execute();
  const manifests = await db
    .selectFrom("registry_manifests")
    .select(["digest", "size", "image_size as imageSize"])
    .where("repository_id", "=", repositoryId)
    .where("digest", "in", digests)
    .execute();
  const blobSizes = new Map(blobs.map((blob) => [blob.digest, blob.size]));
  const children = new Map(manifests.map((child) => [child.digest, child]));
  let total = 0;
  for (const { digest, size, mayBeManifest } of requires) {
    const child = mayBeManifest ? children.get(digest) : undefined;
    const here = child?.size ?? blobSizes.get(digest);
    if (here !== size) throw new ReferenceAbsentError(digest);
    total += child?.imageSize ?? here;
  }
  return total;
}

/** Few enough parameters at a time for every SQL engine. */
const rowsAtOnce = 200;

async function insertReferences(
  db: Executor,
  repositoryId: number,
  { digest: manifest, requires }: NewManifest,
): Promise<void> {
  const digests: readonly Digest[] = [...new Set(requires.map(({ digest }) => digest))];
  for (let from = 0; from < digests.length; from += rowsAtOnce) {
    const rows = digests
      .slice(from, from + rowsAtOnce)
      .map((digest) => ({ repository_id: repositoryId, manifest, digest }));
    await db.insertInto("registry_references").values(rows).execute();
  }
}
