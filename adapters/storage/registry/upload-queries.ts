import { parseRepositoryName } from "#domain/oci";
import { parseUploadId, type RegistryStore, type Upload } from "#services/registry";
import type { Database } from "../database.ts";

type Part = Pick<RegistryStore, "openUpload" | "upload" | "closeUpload" | "uploadsStartedBefore">;

export function uploadQueries(database: Database): Part {
  return {
    async openUpload({ id, repository, startedAt }, { signal }) {
      signal.throwIfAborted();
      await database
        .insertInto("registry_uploads")
        .values({ id, repository, started_at: startedAt })
        .execute();
    },

    async upload(id, { signal }) {
      signal.throwIfAborted();
      const row = await database
        .selectFrom("registry_uploads")
        .selectAll()
        .where("id", "=", id)
        .executeTakeFirst();
      return row && toUpload(row);
    },

    async closeUpload(id, { signal }) {
      signal.throwIfAborted();
      await database.deleteFrom("registry_uploads").where("id", "=", id).execute();
    },

    async uploadsStartedBefore(before, limit, { signal }) {
      signal.throwIfAborted();
      const rows = await database
        .selectFrom("registry_uploads")
        .selectAll()
        .where("started_at", "<", before)
        .orderBy("started_at")
        .limit(limit)
        .execute();
      return rows.map(toUpload);
    },
  };
}

function toUpload(row: {
  readonly id: string;
  readonly repository: string;
  readonly started_at: number;
}): Upload {
  return {
    id: parseUploadId(row.id),
    repository: parseRepositoryName(row.repository),
    startedAt: row.started_at,
  };
}
