import { sql, type Transaction } from "kysely";
import type { Instant } from "#domain/kernel";
import { dateJumpMs, type MetadataStore } from "#services/trust";
import type { Database } from "../database.ts";
import type { Schema } from "../schema.ts";

/** Raises the newest date to `date`, if that is newer; always writes. */
export async function raiseDate(transaction: Transaction<Schema>, date: Instant): Promise<void> {
  // The values of a row before an update are what its expressions see.
  const isJump = sql<boolean>`newest > 0 and ${date} - newest > ${dateJumpMs}`;
  await transaction
    .updateTable("trust_clock")
    .set({
      newest: sql`max(newest, ${date})`,
      jumped_from: sql`case when ${isJump} then newest else jumped_from end`,
      jumped_to: sql`case when ${isJump} then ${date} else jumped_to end`,
    })
    .execute();
}

/** The dates of a `MetadataStore`. */
export function datesIn(database: Database): Pick<MetadataStore, "signedDates" | "resetDate"> {
  return {
    async signedDates() {
      const row = await database.selectFrom("trust_clock").selectAll().executeTakeFirstOrThrow();
      const { newest, jumped_from: from, jumped_to: to } = row;
      return { newest, jump: from === null || to === null ? undefined : { from, to } };
    },
    async resetDate(newest, { signal }) {
      signal.throwIfAborted();
      await database
        .updateTable("trust_clock")
        .set({ newest, jumped_from: null, jumped_to: null })
        .execute();
    },
  };
}
