import {
  readRecord,
  writeRecord,
  type DecisionStore,
  type StoredDecision,
} from "#services/gatekeeper";
import type { Database } from "../database.ts";

/** Decisions in SQL, only ever added to. */
export function sqlDecisionStore(database: Database): DecisionStore {
  return {
    async append(record) {
      const row = {
        at: record.at,
        repository: record.repository ?? null,
        effect: record.effect,
        record: writeRecord(record),
      };
      const { id } = await database
        .insertInto("decisions")
        .values(row)
        .returning("id")
        .executeTakeFirstOrThrow();
      return { ...record, id: String(id) };
    },
    async list({ before, limit, repository }) {
      let query = database
        .selectFrom("decisions")
        .select(["id", "record"])
        .orderBy("id", "desc")
        .limit(limit);
      if (before !== undefined) query = query.where("id", "<", Number(before));
      if (repository !== undefined) query = query.where("repository", "=", repository);
      return (await query.execute()).map(stored);
    },
    async get(id) {
      const number = Number(id);
      if (!Number.isSafeInteger(number)) return undefined;
      const row = await database
        .selectFrom("decisions")
        .select(["id", "record"])
        .where("id", "=", number)
        .executeTakeFirst();
      return row === undefined ? undefined : stored(row);
    },
    async newest() {
      const row = await database
        .selectFrom("decisions")
        .select("id")
        .orderBy("id", "desc")
        .limit(1)
        .executeTakeFirst();
      return row?.id ?? 0;
    },
    async after(after, limit) {
      const rows = await database
        .selectFrom("decisions")
        .select(["id", "record"])
        .where("id", ">", after)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(stored);
    },
  };
}

function stored(row: { readonly id: number; readonly record: string }): StoredDecision {
  return { ...readRecord(row.record), id: String(row.id) };
}
