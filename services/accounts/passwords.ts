import { createHmac, randomBytes } from "node:crypto";
import { parseAccountName, type AccountName } from "#domain/identity";
import { CodedError, type Clock, type Instant, type Options } from "#domain/kernel";
import { AccountsError } from "./errors.ts";
import type { AccountStore, Attempts, PasswordHasher, StoredUser } from "./ports.ts";

export type Credentials = { readonly username: string; readonly password: string };

export type PasswordCheck = {
  /**
   * The active user whose credentials these are. Throws `accounts/credentials-wrong`, `accounts/locked`,
   * `accounts/inactive` (only to who knows the password) or `accounts/busy`.
   */
  check(credentials: Credentials, o: Options): Promise<StoredUser>;
};

const freeAttempts = 5;
const firstLockMs = 30_000;
const longestLockMs = 3_600_000;
const forgottenAfterMs = 24 * 3_600_000;
const rememberMs = 60_000;
const maxRemembered = 2_000;
const maxStrangers = 1_000;

const none: Attempts = { count: 0, lastAt: 0, lockedUntil: 0 };

/**
 * Counts an attempt before it is looked at, so that many at once do not slip through. From the fifth on
 * each locks the account: 30 seconds, then twice as long each time, up to an hour. A day without any, or a
 * good one, starts anew. While the account is locked nothing is counted.
 */
export function countAttempt(attempts: Attempts, now: Instant): Attempts {
  if (attempts.lockedUntil > now) return attempts;
  const count = (now - attempts.lastAt > forgottenAfterMs ? 0 : attempts.count) + 1;
  const over = count - freeAttempts;
  const lockMs = over < 0 ? 0 : Math.min(firstLockMs * 2 ** Math.min(over, 20), longestLockMs);
  return { count, lastAt: now, lockedUntil: now + lockMs };
}

/** Checks passwords, with a lock against guessing; a name that nobody has behaves like one that somebody has. */
export function createPasswordCheck(parts: {
  readonly store: AccountStore;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
}): PasswordCheck {
  const { store, hasher, clock } = parts;
  const secret = randomBytes(32);
  const remembered = new Map<string, Instant>();
  const running = new Map<string, Promise<boolean>>();
  const strangers = new Map<string, Attempts>();
  let decoy: string | undefined;

  /** Counts an attempt, and gives the count before it. Throws `accounts/locked`. */
  async function attempt(
    name: string,
    user: StoredUser | undefined,
    o: Options,
  ): Promise<Attempts> {
    const now = clock();
    let before: Attempts = none;
    const count = (attempts: Attempts): Attempts => {
      before = attempts;
      return countAttempt(attempts, now);
    };
    if (user === undefined) {
      keep(strangers, name, count(strangers.get(name) ?? none), maxStrangers);
    } else await store.changeAttempts(user.name, count, o);
    if (before.lockedUntil > now) throw locked(before.lockedUntil - now);
    return before;
  }

  async function matches(user: StoredUser, password: string, o: Options): Promise<boolean> {
    const { lockedUntil } = await attempt(user.name, user, o);
    try {
      const isRight = await hasher.matches(password, user.passwordHash, o);
      if (isRight) await store.changeAttempts(user.name, () => none, o);
      return isRight;
    } catch (error) {
      // Nobody looked at the password, so it is no failure of its owner.
      await store.changeAttempts(
        user.name,
        (attempts) => ({ ...attempts, count: Math.max(attempts.count - 1, 0), lockedUntil }),
        o,
      );
      throw error;
    }
  }

  async function refuseStranger(username: string, password: string, o: Options): Promise<never> {
    await attempt(username.slice(0, 128), undefined, o);
    decoy ??= await hasher.hash(randomBytes(16).toString("hex"), o);
    await hasher.matches(password, decoy, o);
    throw wrong();
  }

  async function isLocked(user: StoredUser, o: Options): Promise<number> {
    const { lockedUntil } = await store.changeAttempts(user.name, (attempts) => attempts, o);
    return lockedUntil - clock();
  }

  return {
    async check({ username, password }, o) {
      const name = tryAccountName(username);
      const user = name === undefined ? undefined : await store.user(name, o);
      if (user === undefined) return await refuseStranger(username, password, o);
      const id = createHmac("sha256", secret)
        .update(JSON.stringify([user.name, password, user.passwordHash]))
        .digest("base64");
      const until = remembered.get(id) ?? 0;
      if (until > clock()) {
        const lockMs = await isLocked(user, o);
        if (lockMs > 0) throw locked(lockMs);
      } else {
        // A client that asks for ten tokens at once has tried one password once. The work is shared, so
        // it is not one caller's to stop.
        const shared =
          running.get(id) ??
          matches(user, password, { signal: new AbortController().signal }).finally(() =>
            running.delete(id),
          );
        running.set(id, shared);
        if (!(await shared)) throw wrong();
        keep(remembered, id, clock() + rememberMs, maxRemembered);
      }
      if (!user.isActive)
        throw new AccountsError("accounts/inactive", `${user.name} is not active`);
      return user;
    },
  };
}

function tryAccountName(text: string): AccountName | undefined {
  try {
    return parseAccountName(text);
  } catch (error) {
    if (error instanceof CodedError) return undefined;
    throw error;
  }
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
}

function wrong(): AccountsError {
  return new AccountsError("accounts/credentials-wrong", "the name or the password is wrong");
}

function locked(ms: number): AccountsError {
  return new AccountsError("accounts/locked", "too many wrong passwords", {
    retryAfterSeconds: Math.ceil(ms / 1_000),
  });
}
