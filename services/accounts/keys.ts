import type { AccountKey, AccountName, KeyFingerprint, User } from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import { AccountsError } from "./errors.ts";
import type { PeopleCache } from "./people-view.ts";
import type { AccountStore, KeyReader } from "./ports.ts";

/** The public keys that tie signatures and client certificates to people. */
export type Keys = {
  /** Newest first, revoked ones included. Throws `accounts/user-unknown`. */
  listKeys(account: AccountName, o: Options): Promise<readonly AccountKey[]>;
  /**
   * Adds a public key made elsewhere. `mayMove`: also one that was another account's until it was revoked.
   * Throws `accounts/user-unknown`, `accounts/key-malformed`, `accounts/key-private` or `accounts/key-taken`.
   */
  addKey(
    account: AccountName,
    key: { readonly label: string; readonly pem: string },
    o: Options & { readonly mayMove?: boolean },
  ): Promise<AccountKey>;
  /** From the next request on the key is nobody's. Throws `accounts/key-unknown`. */
  revokeKey(account: AccountName, fingerprint: KeyFingerprint, o: Options): Promise<void>;
  /** The active user who owns a key that has not been revoked. */
  identifyKey(
    fingerprint: KeyFingerprint,
    o: Options,
  ): Promise<{ readonly user: User; readonly key: AccountKey } | undefined>;
};

export function createKeys(parts: {
  readonly store: AccountStore;
  readonly people: PeopleCache;
  readonly reader: KeyReader;
  readonly clock: Clock;
}): Keys {
  const { store, people, reader, clock } = parts;
  return {
    async listKeys(account, o) {
      const { userOf, keys } = await people.current(o);
      if (!userOf.has(account)) throw new AccountsError("accounts/user-unknown", account);
      return keys
        .filter((key) => key.account === account)
        .toSorted((one, other) => other.createdAt - one.createdAt);
    },

    async addKey(account, { label, pem }, o) {
      const { fingerprint, publicKey } = reader.read(pem);
      const key = { fingerprint, account, label, createdAt: clock() };
      await people.changing(() =>
        store.addKey({ ...key, publicKey }, { signal: o.signal, mayMove: o.mayMove === true }),
      );
      return key;
    },

    async revokeKey(account, fingerprint, o) {
      await people.changing(() => store.revokeKey(account, fingerprint, clock(), o));
    },

    async identifyKey(fingerprint, o) {
      const { keyOf, userOf } = await people.current(o);
      const key = keyOf.get(fingerprint);
      const user = key === undefined ? undefined : userOf.get(key.account);
      if (key === undefined || key.revokedAt !== undefined || user?.isActive !== true)
        return undefined;
      return { user, key };
    },
  };
}
