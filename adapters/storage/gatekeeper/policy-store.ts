import { parseAccountName, parseTeamName } from "#domain/identity";
import { GatekeeperError, type PolicyStore, type StoredPolicy } from "#services/gatekeeper";
import { z } from "zod";
import type { Database } from "../database.ts";
import { isUniqueViolation } from "../unique-violation.ts";

const Row = z.object({
  version: z.int(),
  mode: z.enum(["off", "warn", "enforce"]),
  required: z.array(
    z.object({ team: z.string().transform(parseTeamName), people: z.int().min(1) }),
  ),
  whenLost: z.object({
    action: z.enum(["report", "notify", "would-stop", "stop"]),
    webhook: z.string().exactOptional(),
  }),
});

const none: StoredPolicy = {
  version: 0,
  mode: "off",
  required: [],
  whenLost: { action: "report" },
  changedAt: 0,
  changedBy: undefined,
};

/** Policies in SQL. A row is never changed: who asked for what, and when, can be read back for ever. */
export function sqlPolicyStore(database: Database): PolicyStore {
  return {
    async current() {
      const row = await database
        .selectFrom("policies")
        .selectAll()
        .orderBy("version", "desc")
        .limit(1)
        .executeTakeFirst();
      if (row === undefined) return none;
      const read = Row.parse({
        ...row,
        required: JSON.parse(row.required) as unknown,
        whenLost: JSON.parse(row.when_lost) as unknown,
      });
      const changedBy = row.changed_by === null ? undefined : parseAccountName(row.changed_by);
      return { ...read, changedAt: row.changed_at, changedBy };
    },
    async put(policy) {
      try {
        await database
          .insertInto("policies")
          .values({
            version: policy.version,
            mode: policy.mode,
            required: JSON.stringify(policy.required),
            when_lost: JSON.stringify(policy.whenLost),
            changed_at: policy.changedAt,
            changed_by: policy.changedBy ?? null,
          })
          .execute();
      } catch (cause) {
        if (!isUniqueViolation(cause)) throw cause;
        throw new GatekeeperError(
          "gatekeeper/policy-changed",
          `version ${policy.version} is taken`,
          { cause },
        );
      }
    },
  };
}
