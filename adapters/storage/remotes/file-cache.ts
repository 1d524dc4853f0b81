import type { FileCache } from "#services/reader";
import type { Database } from "../database.ts";

/** Files of other servers' repositories in SQL: those of the last good reading of each, and no older ones. */
export function sqlFileCache(database: Database): FileCache {
  return {
    async file(gun, sha256) {
      const row = await database
        .selectFrom("remote_files")
        .select("bytes")
        .where("gun", "=", gun)
        .where("sha256", "=", sha256)
        .executeTakeFirst();
      return row?.bytes;
    },
    async lastGood(gun) {
      return await database
        .selectFrom("remote_readings")
        .select(["timestamp", "at"])
        .where("gun", "=", gun)
        .executeTakeFirst();
    },
    async keep(gun, { timestamp, at, files }, { signal }) {
      signal.throwIfAborted();
      await database.transaction().execute(async (transaction) => {
        await transaction
          .insertInto("remote_readings")
          .values({ gun, at, timestamp })
          .onConflict((conflict) => conflict.column("gun").doUpdateSet({ at, timestamp }))
          .execute();
        await transaction
          .deleteFrom("remote_files")
          .where("gun", "=", gun)
          .where("sha256", "not in", [...files.keys(), ""])
          .execute();
        for (const [sha256, bytes] of files)
          await transaction
            .insertInto("remote_files")
            .values({ gun, sha256, bytes })
            .onConflict((conflict) => conflict.columns(["gun", "sha256"]).doUpdateSet({ bytes }))
            .execute();
      });
    },
    async touch(gun, at) {
      await database
        .updateTable("remote_readings")
        .set({ at })
        .where("gun", "=", gun)
        .where("at", "<", at)
        .execute();
    },
    async forget(gun, { signal }) {
      signal.throwIfAborted();
      await database.deleteFrom("remote_readings").where("gun", "=", gun).execute();
    },
  };
}
