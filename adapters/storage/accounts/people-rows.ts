import type { Transaction } from "kysely";
import type { People } from "#services/accounts";
import type { Schema } from "../schema.ts";
import { keyOf, organizationOf, teamOf, userOf } from "./rows.ts";

/** Reads everybody at one moment. Password hashes stay behind. */
export async function readPeople(transaction: Transaction<Schema>): Promise<People> {
  const { version } = await transaction
    .selectFrom("accounts_state")
    .select("version")
    .executeTakeFirstOrThrow();
  const users = await transaction.selectFrom("users").selectAll().orderBy("name").execute();
  const organizations = await transaction
    .selectFrom("organizations")
    .selectAll()
    .orderBy("name")
    .execute();
  const teams = await transaction.selectFrom("teams").selectAll().orderBy("name").execute();
  const members = await transaction
    .selectFrom("team_members")
    .selectAll()
    .orderBy("account")
    .execute();
  const keys = await transaction
    .selectFrom("account_keys")
    .select(["fingerprint", "account", "label", "created_at", "revoked_at"])
    .orderBy("fingerprint")
    .execute();
  const membersOf = Map.groupBy(members, (row) => row.team);
  return {
    version,
    users: users.map((row) => {
      const { passwordHash: _, ...user } = userOf(row);
      return user;
    }),
    organizations: organizations.map(organizationOf),
    teams: teams.map((row) =>
      teamOf(
        row,
        (membersOf.get(row.name) ?? []).map((member) => member.account),
      ),
    ),
    keys: keys.map(keyOf),
  };
}
