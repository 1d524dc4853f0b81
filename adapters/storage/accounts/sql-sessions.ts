import { AccountsError, type AccountStore } from "#services/accounts";
import type { Database } from "../database.ts";
import { sessionOf } from "./rows.ts";

type SessionStore = Pick<
  AccountStore,
  "changeAttempts" | "addSession" | "session" | "touchSession" | "endSession" | "endOldSessions"
>;

/** Sessions, and attempts to open one: they come and go without changing who anybody is. */
export function sqlSessions(database: Database): SessionStore {
  return {
    async changeAttempts(name, change, { signal }) {
      signal.throwIfAborted();
      return await database.transaction().execute(async (transaction) => {
        const row = await transaction
          .selectFrom("users")
          .select(["attempts as count", "last_attempt_at as lastAt", "locked_until as lockedUntil"])
          .where("name", "=", name)
          .executeTakeFirst();
        if (row === undefined) throw new AccountsError("accounts/user-unknown", name);
        const changed = change(row);
        if (changed !== row)
          await transaction
            .updateTable("users")
            .set({
              attempts: changed.count,
              last_attempt_at: changed.lastAt,
              locked_until: changed.lockedUntil,
            })
            .where("name", "=", name)
            .execute();
        return changed;
      });
    },

    async addSession(session, passwordHash, { signal }) {
      signal.throwIfAborted();
      const { numInsertedOrUpdatedRows: rows } = await database
        .insertInto("sessions")
        .columns(["token_hash", "account", "created_at", "last_used_at"])
        .expression((from) =>
          from
            .selectFrom("users")
            .select((user) => [
              user.val(session.tokenHash).as("token_hash"),
              "name",
              user.val(session.createdAt).as("created_at"),
              user.val(session.lastUsedAt).as("last_used_at"),
            ])
            .where("name", "=", session.account)
            .where("password_hash", "=", passwordHash)
            .where("is_active", "=", 1),
        )
        .executeTakeFirstOrThrow();
      return rows === 1n;
    },

    async session(tokenHash, { signal }) {
      signal.throwIfAborted();
      const row = await database
        .selectFrom("sessions")
        .selectAll()
        .where("token_hash", "=", tokenHash)
        .executeTakeFirst();
      return row === undefined ? undefined : sessionOf(row);
    },

    async touchSession(tokenHash, at, { signal }) {
      signal.throwIfAborted();
      await database
        .updateTable("sessions")
        .set({ last_used_at: at })
        .where("token_hash", "=", tokenHash)
        .execute();
    },

    async endSession(tokenHash, { signal }) {
      signal.throwIfAborted();
      await database.deleteFrom("sessions").where("token_hash", "=", tokenHash).execute();
    },

    async endOldSessions({ created, used }, { signal }) {
      signal.throwIfAborted();
      await database
        .deleteFrom("sessions")
        .where((where) =>
          where.or([where("created_at", "<=", created), where("last_used_at", "<=", used)]),
        )
        .execute();
    },
  };
}
