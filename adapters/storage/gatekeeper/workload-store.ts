import type { WorkloadStore } from "#services/gatekeeper";
import { z } from "zod";
import type { Database } from "../database.ts";

const State = z.object({
  kind: z.enum(["container", "service"]),
  id: z.string(),
  name: z.string(),
  image: z.string(),
  approved: z.boolean(),
  since: z.number(),
  wasApproved: z.boolean(),
  told: z.enum(["would-stop", "not-stopped"]).exactOptional(),
});

const Notice = State.omit({ approved: true, wasApproved: true, told: true }).extend({
  event: z.enum(["lost", "regained", "would-stop", "stopped", "not-stopped"]),
  at: z.number(),
  policyVersion: z.int(),
  detail: z.string(),
});

/** More than this many wait only where nobody takes any: then the oldest are let go. */
const maxWaiting = 10_000;

/** How what runs was seen last, in SQL, and the notices that wait. */
export function sqlWorkloadStore(database: Database): WorkloadStore {
  return {
    async states() {
      const rows = await database
        .selectFrom("workload_states")
        .select("state")
        .orderBy("kind")
        .orderBy("id")
        .execute();
      return rows.map(({ state }) => State.parse(JSON.parse(state)));
    },
    async replace(states, notices) {
      await database.transaction().execute(async (transaction) => {
        await transaction.deleteFrom("workload_states").execute();
        for (const state of states)
          await transaction
            .insertInto("workload_states")
            .values({ kind: state.kind, id: state.id, state: JSON.stringify(state) })
            .execute();
        for (const { notice, webhook } of notices)
          await transaction
            .insertInto("workload_notices")
            .values({ due: 0, attempts: 0, webhook, notice: JSON.stringify(notice) })
            .execute();
        if (notices.length === 0) return;
        const newest = transaction
          .selectFrom("workload_notices")
          .select("id")
          .orderBy("id", "desc")
          .limit(maxWaiting);
        await transaction.deleteFrom("workload_notices").where("id", "not in", newest).execute();
      });
    },
    async due(now, limit) {
      const rows = await database
        .selectFrom("workload_notices")
        .selectAll()
        .where("due", "<=", now)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(({ id, attempts, webhook, notice }) => ({
        ...{ id: String(id), attempts, webhook },
        notice: Notice.parse(JSON.parse(notice)),
      }));
    },
    async settle(id, again) {
      const number = Number(id);
      if (again === undefined)
        await database.deleteFrom("workload_notices").where("id", "=", number).execute();
      else
        await database
          .updateTable("workload_notices")
          .set((notice) => ({ due: again, attempts: notice("attempts", "+", 1) }))
          .where("id", "=", number)
          .execute();
    },
  };
}
