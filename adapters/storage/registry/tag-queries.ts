import { parseDigest, type Digest, type Tag } from "#domain/oci";
import type { Deed, RegistryStore } from "#services/registry";
import type { Database } from "../database.ts";
import { idOf, toAccount, toTagRecord, type Executor } from "./rows.ts";

type Part = Pick<RegistryStore, "resolveTag" | "tags" | "deleteTag" | "tagMoves">;

export function tagQueries(database: Database): Part {
  return {
    async resolveTag(repository, tag, { signal }) {
      signal.throwIfAborted();
      const row = await database
        .selectFrom("registry_tags as t")
        .innerJoin("registry_repositories as r", "r.id", "t.repository_id")
        .select("t.digest")
        .where("r.name", "=", repository)
        .where("t.tag", "=", tag)
        .executeTakeFirst();
      return row && parseDigest(row.digest);
    },

    async tags(repository, { after, limit }, { signal }) {
      signal.throwIfAborted();
      const rows = await database
        .selectFrom("registry_tags as t")
        .innerJoin("registry_repositories as r", "r.id", "t.repository_id")
        .innerJoin("registry_manifests as m", (join) =>
          join.onRef("m.repository_id", "=", "t.repository_id").onRef("m.digest", "=", "t.digest"),
        )
        .selectAll("t")
        .select(["m.media_type", "m.image_size"])
        .where("r.name", "=", repository)
        .where("t.tag", ">", after ?? "")
        .orderBy("t.tag")
        .limit(limit)
        .execute();
      return rows.map(toTagRecord);
    },

    async deleteTag(repository, tag, deed, { signal }) {
      signal.throwIfAborted();
      return await database.transaction().execute(async (db) => {
        const id = await idOf(db, repository);
        if (id === undefined) return false;
        const { numDeletedRows } = await db
          .deleteFrom("registry_tags")
          .where("repository_id", "=", id)
          .where("tag", "=", tag)
          .executeTakeFirst();
        if (numDeletedRows === 0n) return false;
        await recordMoves(db, id, [{ tag, digest: null }], deed);
        return true;
      });
    },

    async tagMoves(repository, tag, limit, { signal }) {
      signal.throwIfAborted();
      const rows = await database
        .selectFrom("registry_tag_moves as t")
        .innerJoin("registry_repositories as r", "r.id", "t.repository_id")
        .select(["t.digest", "t.moved_at", "t.moved_by"])
        .where("r.name", "=", repository)
        .where("t.tag", "=", tag)
        .orderBy("t.id", "desc")
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        digest: row.digest === null ? undefined : parseDigest(row.digest),
        at: row.moved_at,
        by: toAccount(row.moved_by),
      }));
    },
  };
}

/** Points a tag at a manifest. Pushing what is there already is a push, but no move. */
export async function moveTag(
  db: Executor,
  repositoryId: number,
  { tag, digest }: { readonly tag: Tag; readonly digest: Digest },
  deed: Deed,
): Promise<void> {
  const before = await db
    .selectFrom("registry_tags")
    .select("digest")
    .where("repository_id", "=", repositoryId)
    .where("tag", "=", tag)
    .executeTakeFirst();
  const pushed = { digest, pushed_at: deed.at, pushed_by: deed.by ?? null };
  await db
    .insertInto("registry_tags")
    .values({ repository_id: repositoryId, tag, ...pushed })
    .onConflict((conflict) => conflict.columns(["repository_id", "tag"]).doUpdateSet(pushed))
    .execute();
  if (before?.digest !== digest) await recordMoves(db, repositoryId, [{ tag, digest }], deed);
}

/** Takes away every tag that points to `digest`. */
export async function removeTagsOf(
  db: Executor,
  repositoryId: number,
  digest: Digest,
  deed: Deed,
): Promise<void> {
  const tags = await db
    .deleteFrom("registry_tags")
    .where("repository_id", "=", repositoryId)
    .where("digest", "=", digest)
    .returning("tag")
    .execute();
  await recordMoves(
    db,
    repositoryId,
    tags.map(({ tag }) => ({ tag, digest: null })),
    deed,
  );
}

async function recordMoves(
  db: Executor,
  repositoryId: number,
  moves: readonly { readonly tag: string; readonly digest: string | null }[],
  { at, by }: Deed,
): Promise<void> {
  for (const move of moves)
    await db
      .insertInto("registry_tag_moves")
      .values({ repository_id: repositoryId, ...move, moved_at: at, moved_by: by ?? null })
      .execute();
}
