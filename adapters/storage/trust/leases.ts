import type { Leases } from "#services/trust";
import type { Database } from "../database.ts";

/** Leases in SQL: one statement takes one, so that of two who ask at once one gets it. */
export function sqlLeases(database: Database): Leases {
  return {
    async take(name, { holder, now, ttlMs }, { signal }) {
      signal.throwIfAborted();
      const until = now + ttlMs;
      const row = await database
        .insertInto("trust_leases")
        .values({ name, holder, until })
        .onConflict((conflict) =>
          conflict
            .column("name")
            .doUpdateSet({ holder, until })
            .where((lease) =>
              lease.or([
                lease("trust_leases.holder", "=", holder),
                lease("trust_leases.until", "<=", now),
                // Nobody takes one for that long: the clock went back since.
                lease("trust_leases.until", ">", now + 2 * ttlMs),
              ]),
            ),
        )
        .returning("holder")
        .executeTakeFirst();
      return row !== undefined;
    },
    async giveBack(name, holder) {
      await database
        .deleteFrom("trust_leases")
        .where("name", "=", name)
        .where("holder", "=", holder)
        .execute();
    },
  };
}
