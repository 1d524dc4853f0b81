import { sql, type Transaction } from "kysely";
import type { AccountName, TeamName } from "#domain/identity";
import { splitTeamName } from "#domain/identity";
import type { Options } from "#domain/kernel";
import { AccountsError, type AccountStore, type StoredUser } from "#services/accounts";
import { dataVersionOf, type Database } from "../database.ts";
import type { Schema } from "../schema.ts";
import { readPeople } from "./people-rows.ts";
import { sqlSessions } from "./sql-sessions.ts";
import { keyOf, userOf, userRow } from "./rows.ts";

/** Accounts in the SQL database. */
export function sqlAccountStore(database: Database): AccountStore {
  /** One step, all of it or none; every such step is a change of people. */
  async function changing<Value>(
    work: (transaction: Transaction<Schema>) => Promise<Value>,
    { signal }: Options,
  ): Promise<Value> {
    signal.throwIfAborted();
    return await database.transaction().execute(async (transaction) => {
      const value = await work(transaction);
      await transaction
        .updateTable("accounts_state")
        .set({ version: sql<number>`version + 1` })
        .execute();
      return value;
    });
  }

  return {
    ...sqlSessions(database),

    stamp: () => dataVersionOf(database),

    async version({ signal }) {
      signal.throwIfAborted();
      const row = await database
        .selectFrom("accounts_state")
        .select("version")
        .executeTakeFirstOrThrow();
      return row.version;
    },

    async people({ signal }) {
      signal.throwIfAborted();
      return await database.transaction().execute(readPeople);
    },

    async createUser(user, o) {
      await changing((transaction) => insertUser(transaction, user), o);
    },

    async createFirstUser(user, { signal }) {
      signal.throwIfAborted();
      return await database.transaction().execute(async (transaction) => {
        const any = await transaction.selectFrom("users").select("name").limit(1).execute();
        if (any.length > 0) return false;
        await insertUser(transaction, user);
        await transaction
          .updateTable("accounts_state")
          .set({ version: sql<number>`version + 1` })
          .execute();
        return true;
      });
    },

    async user(name, { signal }) {
      signal.throwIfAborted();
      const row = await database
        .selectFrom("users")
        .selectAll()
        .where("name", "=", name)
        .executeTakeFirst();
      return row === undefined ? undefined : userOf(row);
    },

    async updateUser(name, change, o) {
      await changing(async (transaction) => {
        const row = await transaction
          .selectFrom("users")
          .selectAll()
          .where("name", "=", name)
          .executeTakeFirst();
        if (row === undefined) throw new AccountsError("accounts/user-unknown", name);
        const user = { ...userOf(row), ...change };
        const isNewSecret = user.passwordHash !== row.password_hash;
        const unlocked = isNewSecret ? { attempts: 0, last_attempt_at: 0, locked_until: 0 } : {};
        await transaction
          .updateTable("users")
          .set({ ...userRow(user), ...unlocked })
          .where("name", "=", name)
          .execute();
        await requireAdmin(transaction);
        if (isNewSecret || !user.isActive)
          await transaction.deleteFrom("sessions").where("account", "=", name).execute();
      }, o);
    },

    async createOrganization(organization, o) {
      await changing(async (transaction) => {
        await takeName(transaction, organization.name, "organization");
        await transaction
          .insertInto("organizations")
          .values({
            name: organization.name,
            full_name: organization.fullName,
            created_at: organization.createdAt,
          })
          .execute();
      }, o);
    },

    async createTeam(team, o) {
      const { organization } = splitTeamName(team.name);
      await changing(async (transaction) => {
        const known = await transaction
          .selectFrom("organizations")
          .select("name")
          .where("name", "=", organization)
          .executeTakeFirst();
        if (known === undefined)
          throw new AccountsError("accounts/organization-unknown", organization);
        const { numInsertedOrUpdatedRows: rows } = await transaction
          .insertInto("teams")
          .values({
            name: team.name,
            organization,
            description: team.description,
            repository_right: team.right,
          })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow();
        if (rows === 0n) throw new AccountsError("accounts/team-taken", team.name);
      }, o);
    },

    async deleteTeam(name, o) {
      await changing(async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom("teams")
          .where("name", "=", name)
          .executeTakeFirstOrThrow();
        if (numDeletedRows === 0n) throw new AccountsError("accounts/team-unknown", name);
      }, o);
    },

    async addMember(team, user, o) {
      await changing(async (transaction) => {
        await requireTeam(transaction, team);
        await requireUser(transaction, user);
        await transaction
          .insertInto("team_members")
          .values({ team, account: user })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }, o);
    },

    async removeMember(team, user, o) {
      await changing(async (transaction) => {
        await requireTeam(transaction, team);
        await transaction
          .deleteFrom("team_members")
          .where("team", "=", team)
          .where("account", "=", user)
          .execute();
      }, o);
    },

    async addKey(key, o) {
      await changing(async (transaction) => {
        await requireUser(transaction, key.account);
        const known = await transaction
          .selectFrom("account_keys")
          .select(["account", "revoked_at"])
          .where("fingerprint", "=", key.fingerprint)
          .executeTakeFirst();
        const mayTake =
          known === undefined ||
          (known.revoked_at !== null && (o.mayMove || known.account === key.account));
        if (!mayTake) throw new AccountsError("accounts/key-taken", key.fingerprint);
        const values = {
          account: key.account,
          label: key.label,
          public_key: key.publicKey,
          created_at: key.createdAt,
          revoked_at: null,
        };
        await transaction
          .insertInto("account_keys")
          .values({ fingerprint: key.fingerprint, ...values })
          .onConflict((conflict) => conflict.column("fingerprint").doUpdateSet(values))
          .execute();
      }, o);
    },

    async keysOf(account, { signal }) {
      signal.throwIfAborted();
      const rows = await database
        .selectFrom("account_keys")
        .selectAll()
        .where("account", "=", account)
        .orderBy("created_at", "desc")
        .execute();
      return rows.map((row) => ({ ...keyOf(row), publicKey: row.public_key }));
    },

    async revokeKey(account, fingerprint, at, o) {
      await changing(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable("account_keys")
          .set({ revoked_at: sql<number>`coalesce(revoked_at, ${at})` })
          .where("fingerprint", "=", fingerprint)
          .where("account", "=", account)
          .executeTakeFirstOrThrow();
        if (numUpdatedRows === 0n) throw new AccountsError("accounts/key-unknown", fingerprint);
      }, o);
    },
  };
}

async function insertUser(transaction: Transaction<Schema>, user: StoredUser): Promise<void> {
  await takeName(transaction, user.name, "user");
  await transaction
    .insertInto("users")
    .values({ ...userRow(user), attempts: 0, last_attempt_at: 0, locked_until: 0 })
    .execute();
}

async function takeName(
  transaction: Transaction<Schema>,
  name: AccountName,
  kind: "user" | "organization",
): Promise<void> {
  const { numInsertedOrUpdatedRows: rows } = await transaction
    .insertInto("account_names")
    .values({ name, kind })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  if (rows === 0n) throw new AccountsError("accounts/name-taken", name);
}

async function requireAdmin(transaction: Transaction<Schema>): Promise<void> {
  const admin = await transaction
    .selectFrom("users")
    .select("name")
    .where("is_admin", "=", 1)
    .where("is_active", "=", 1)
    .limit(1)
    .executeTakeFirst();
  if (admin === undefined)
    throw new AccountsError("accounts/last-admin", "no active admin would be left");
}

async function requireTeam(transaction: Transaction<Schema>, team: TeamName): Promise<void> {
  const known = await transaction
    .selectFrom("teams")
    .select("name")
    .where("name", "=", team)
    .executeTakeFirst();
  if (known === undefined) throw new AccountsError("accounts/team-unknown", team);
}

async function requireUser(transaction: Transaction<Schema>, user: AccountName): Promise<void> {
  const known = await transaction
    .selectFrom("users")
    .select("name")
    .where("name", "=", user)
    .executeTakeFirst();
  if (known === undefined) throw new AccountsError("accounts/user-unknown", user);
}
