import type { RegistryStore } from "#services/registry";
import type { Database } from "../database.ts";
import { idOf, toRepository } from "./rows.ts";

type Part = Pick<
  RegistryStore,
  "createRepository" | "repository" | "repositories" | "setVisibility" | "deleteRepository"
>;

export function repositoryQueries(database: Database): Part {
  return {
    async createRepository({ name, visibility, createdAt, createdBy }, { signal }) {
      signal.throwIfAborted();
      const made = await database
        .insertInto("registry_repositories")
        .values({ name, visibility, created_at: createdAt, created_by: createdBy ?? null })
        .onConflict((conflict) => conflict.column("name").doNothing())
        .executeTakeFirst();
      return (made.numInsertedOrUpdatedRows ?? 0n) > 0n;
    },

    async repository(name, { signal }) {
      signal.throwIfAborted();
      const row = await database
        .selectFrom("registry_repositories")
        .selectAll()
        .where("name", "=", name)
        .executeTakeFirst();
      return row && toRepository(row);
    },

    async repositories({ after, limit }, { signal }) {
      signal.throwIfAborted();
      const rows = await database
        .selectFrom("registry_repositories")
        .selectAll()
        .where("name", ">", after ?? "")
        .orderBy("name")
        .limit(limit)
        .execute();
      return rows.map(toRepository);
    },

    async setVisibility(name, visibility, { signal }) {
      signal.throwIfAborted();
      const { numUpdatedRows } = await database
        .updateTable("registry_repositories")
        .set({ visibility })
        .where("name", "=", name)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async deleteRepository(name, { signal }) {
      signal.throwIfAborted();
      return await database.transaction().execute(async (db) => {
        const id = await idOf(db, name);
        if (id === undefined) return false;
        await db.deleteFrom("registry_tags").where("repository_id", "=", id).execute();
        await db.deleteFrom("registry_repositories").where("id", "=", id).execute();
        return true;
      });
    },
  };
}
