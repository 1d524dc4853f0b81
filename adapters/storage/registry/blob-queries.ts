import type { RegistryStore } from "#services/registry";
import type { Digest } from "#domain/oci";
import type { Database } from "../database.ts";
import { ensureRepository, idOf, type Executor } from "./rows.ts";

type Part = Pick<
  RegistryStore,
  "linkBlob" | "mountBlob" | "blobSize" | "touchBlob" | "unlinkBlob" | "unlinkUnneeded" | "isLinked"
>;

export function blobQueries(database: Database): Part {
  return {
    async linkBlob(repository, { digest, size }, deed, { signal }) {
      signal.throwIfAborted();
      await database.transaction().execute(async (db) => {
        const id = await ensureRepository(db, repository, deed);
        await link(db, id, { digest, size }, deed);
      });
    },

    async mountBlob({ from, to, digest }, deed, { signal }) {
      signal.throwIfAborted();
      return await database.transaction().execute(async (db) => {
        const size = await linkedSize(db, await idOf(db, from), digest);
        if (size === undefined) return false;
        await link(db, await ensureRepository(db, to, deed), { digest, size }, deed);
        return true;
      });
    },

    async blobSize(repository, digest, { signal }) {
      signal.throwIfAborted();
      return await linkedSize(database, await idOf(database, repository), digest);
    },

    async touchBlob(repository, digest, at, { signal }) {
      signal.throwIfAborted();
      const id = await idOf(database, repository);
      if (id === undefined) return undefined;
      const row = await database
        .updateTable("registry_blob_links")
        .set({ linked_at: at })
        .where("repository_id", "=", id)
        .where("digest", "=", digest)
        .returning("size")
        .executeTakeFirst();
      return row?.size;
    },

    async unlinkBlob(repository, digest, { signal }) {
      signal.throwIfAborted();
      return await database.transaction().execute(async (db) => {
        const id = await idOf(db, repository);
        if (id === undefined) return "unknown";
        if (await isReferenced(db, id, digest)) return "in-use";
        const { numDeletedRows } = await db
          .deleteFrom("registry_blob_links")
          .where("repository_id", "=", id)
          .where("digest", "=", digest)
          .executeTakeFirst();
        return numDeletedRows > 0n ? "removed" : "unknown";
      });
    },

    async unlinkUnneeded(before, { signal }) {
      signal.throwIfAborted();
      const { numDeletedRows } = await database
        .deleteFrom("registry_blob_links")
        .where("linked_at", "<", before)
        .where((is) =>
          is.not(
            is.exists(
              is
                .selectFrom("registry_references as needed")
                .select("needed.manifest")
                .whereRef("needed.repository_id", "=", "registry_blob_links.repository_id")
                .whereRef("needed.digest", "=", "registry_blob_links.digest"),
            ),
          ),
        )
        .executeTakeFirst();
      return Number(numDeletedRows);
    },

    async isLinked(digest, { signal }) {
      signal.throwIfAborted();
      const row = await database
        .selectFrom("registry_blob_links")
        .select("digest")
        .where("digest", "=", digest)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}

async function linkedSize(
  db: Executor,
  repositoryId: number | undefined,
  digest: Digest,
): Promise<number | undefined> {
  if (repositoryId === undefined) return undefined;
  const row = await db
    .selectFrom("registry_blob_links")
    .select("size")
    .where("repository_id", "=", repositoryId)
    .where("digest", "=", digest)
    .executeTakeFirst();
  return row?.size;
}

/** Linking again makes the link young again, so that a push that goes on finds it. */
async function link(
  db: Executor,
  repositoryId: number,
  blob: Parameters<RegistryStore["linkBlob"]>[1],
  deed: Parameters<RegistryStore["linkBlob"]>[2],
): Promise<void> {
  await db
    .insertInto("registry_blob_links")
    .values({
      repository_id: repositoryId,
      digest: blob.digest,
      size: blob.size,
      linked_at: deed.at,
      linked_by: deed.by ?? null,
    })
    .onConflict((conflict) =>
      conflict.columns(["repository_id", "digest"]).doUpdateSet({ linked_at: deed.at }),
    )
    .execute();
}

/** Whether a manifest of the repository requires `digest`. */
export async function isReferenced(
  db: Executor,
  repositoryId: number,
  digest: Digest,
): Promise<boolean> {
  const row = await db
    .selectFrom("registry_references")
    .select("manifest")
    .where("repository_id", "=", repositoryId)
    .where("digest", "=", digest)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
