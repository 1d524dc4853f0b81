import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import type { Options } from "#domain/kernel";
import { AccountsError } from "./errors.ts";
import type { PasswordHasher } from "./ports.ts";

type Cost = { readonly n: number; readonly r: number; readonly p: number };

/** 32 MiB and some tenths of a second for each guess. */
const defaultCost: Cost = { n: 2 ** 15, r: 8, p: 3 };
const keyBytes = 32;
const saltBytes = 16;
const HASH = /^scrypt\$n=(\d{1,8}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/;

/**
 * Hashes passwords with scrypt (RFC 7914). Salt and cost stand in each hash, so that the cost can be
 * raised later. At most `concurrency` run at a time, for each takes a thread and memory; at most
 * `maxWaiting` wait for their turn.
 */
export function createScryptHasher(
  options: {
    readonly cost?: Cost;
    readonly concurrency?: number;
    readonly maxWaiting?: number;
  } = {},
): PasswordHasher {
  const cost = options.cost ?? defaultCost;
  const turns = createTurns(options.concurrency ?? 2, options.maxWaiting ?? 200);
  return {
    async hash(password, o) {
      const salt = randomBytes(saltBytes);
      const key = await turns(() => derive(password, salt, cost), o);
      return `scrypt$n=${cost.n},r=${cost.r},p=${cost.p}$${salt.toString("base64url")}$${key.toString("base64url")}`;
    },
    async matches(password, hash, o) {
      const [, n, r, p, salt = "", expected = ""] = HASH.exec(hash) ?? [];
      if (n === undefined) throw new TypeError("a stored password hash cannot be read");
      const stored: Cost = { n: Number(n), r: Number(r), p: Number(p) };
      const key = await turns(() => derive(password, Buffer.from(salt, "base64url"), stored), o);
      return timingSafeEqual(key, Buffer.from(expected, "base64url"));
    },
  };
}

function derive(password: string, salt: Uint8Array, cost: Cost): Promise<Buffer> {
  // One person's é must be the same on every keyboard (RFC 8265, section 4.2).
  const text = password.normalize("NFC");
  const limits = { N: cost.n, r: cost.r, p: cost.p, maxmem: 256 * cost.n * cost.r };
  return new Promise((resolve, reject) => {
    scrypt(text, salt, keyBytes, limits, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function createTurns(concurrency: number, maxWaiting: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <Value>(work: () => Promise<Value>, { signal }: Options): Promise<Value> => {
    signal.throwIfAborted();
    if (running >= concurrency) {
      if (waiting.length >= maxWaiting)
        throw new AccountsError("accounts/busy", "too many passwords wait to be checked");
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
