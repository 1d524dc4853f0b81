import { createHash, randomBytes } from "node:crypto";
import type { User } from "#domain/identity";
import type { Clock, Instant, Options } from "#domain/kernel";
import { AccountsError } from "./errors.ts";
import type { Credentials, PasswordCheck } from "./passwords.ts";
import type { PeopleCache } from "./people-view.ts";
import type { AccountStore, StoredSession } from "./ports.ts";

export type SignedIn = { readonly user: User; readonly expiresAt: Instant };

export type Sessions = {
  /** Opens a session. Throws as the check of the password does. */
  signIn(credentials: Credentials, o: Options): Promise<SignedIn & { readonly token: string }>;
  /**
   * Whose session a token is; undefined once it has ended, or its account is not active. Asking keeps the
   * session from running out for want of use, unless `quietly`.
   */
  session(
    token: string,
    o: Options & { readonly quietly?: boolean },
  ): Promise<SignedIn | undefined>;
  signOut(token: string, o: Options): Promise<void>;
};

/** The session token that is given in a password's place; undefined for a password. */
export function sessionTokenIn({ password }: Credentials): string | undefined {
  return password.startsWith(asPassword) ? password.slice(asPassword.length) : undefined;
}

const idleMs = 12 * 3_600_000;
const longestMs = 7 * 24 * 3_600_000;
/** Use is written down this often at most, to spare the disk. */
const touchMs = 60_000;
const TOKEN = /^[\w-]{43}$/;
/** A password that begins so is a session's token instead: a program that is signed in needs no password to keep. */
const asPassword = "session:";

export function createSessions(parts: {
  readonly store: AccountStore;
  readonly people: PeopleCache;
  readonly passwords: PasswordCheck;
  readonly clock: Clock;
}): Sessions {
  const { store, people, passwords, clock } = parts;
  return {
    async signIn(credentials, o) {
      const { passwordHash, ...user } = await passwords.check(credentials, o);
      const now = clock();
      await store.endOldSessions({ created: now - longestMs, used: now - idleMs }, o);
      const token = randomBytes(32).toString("base64url");
      const session = {
        tokenHash: hashOf(token),
        account: user.name,
        createdAt: now,
        lastUsedAt: now,
      };
      if (!(await store.addSession(session, passwordHash, o)))
        throw new AccountsError("accounts/credentials-wrong", "the password was just changed");
      return { user, token, expiresAt: expiryOf(session) };
    },

    async session(token, o) {
      const session = TOKEN.test(token) ? await store.session(hashOf(token), o) : undefined;
      const now = clock();
      if (session === undefined || expiryOf(session) <= now) return undefined;
      const user = (await people.current(o)).userOf.get(session.account);
      if (user?.isActive !== true) return undefined;
      if (o.quietly === true || now - session.lastUsedAt < touchMs)
        return { user, expiresAt: expiryOf(session) };
      await store.touchSession(session.tokenHash, now, o);
      return { user, expiresAt: expiryOf({ ...session, lastUsedAt: now }) };
    },

    async signOut(token, o) {
      await store.endSession(hashOf(token), o);
    },
  };
}

function expiryOf(session: Pick<StoredSession, "createdAt" | "lastUsedAt">): Instant {
  return Math.min(session.lastUsedAt + idleMs, session.createdAt + longestMs);
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
