import type { AccountKey, AccountName, KeyFingerprint, User } from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import type { RegistryHost } from "#domain/oci";
import { AccountsError } from "./errors.ts";
import type { PeopleCache } from "./people-view.ts";
import type { AccountStore, KeyReader, ProvenKey, ReadKey, StoredKey } from "./ports.ts";

/** The public keys that tie signatures and client certificates to people. */
export type Keys = {
  /** Newest first, revoked ones included. Throws `accounts/user-unknown`. */
  listKeys(account: AccountName, o: Options): Promise<readonly StoredKey[]>;
  /**
   * Adds a public key made elsewhere. `mayMove`: also one that was another account's until it was revoked.
   * `mustProve`: only as a certificate request in which the key itself signed who it is for, `CN` the account
   * and `O` the registry's host. Public keys are public: what somebody else signed with theirs would count
   * as this account's. Throws `accounts/user-unknown`, `accounts/key-malformed`, `accounts/key-private`,
   * `accounts/key-unproven` or `accounts/key-taken`.
   */
  addKey(
    account: AccountName,
    key: { readonly label: string; readonly pem: string },
    o: Options & { readonly mayMove?: boolean; readonly mustProve?: boolean },
  ): Promise<StoredKey>;
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
  readonly registryHost: RegistryHost;
}): Keys {
  const { store, people, reader, clock, registryHost } = parts;

  async function read(pem: string, account: AccountName, mustProve: boolean): Promise<ReadKey> {
    const proven = await reader.readRequest(pem);
    const isFor = ({ commonNames, organizations }: ProvenKey): boolean =>
      commonNames.join() === account && organizations.join() === registryHost;
    if (proven === undefined ? mustProve : !isFor(proven))
      throw new AccountsError("accounts/key-unproven", `nothing ties this key to ${account}`);
    return proven ?? reader.read(pem);
  }

  return {
    async listKeys(account, o) {
      const { userOf } = await people.current(o);
      if (!userOf.has(account)) throw new AccountsError("accounts/user-unknown", account);
      return await store.keysOf(account, o);
    },

    async addKey(account, { label, pem }, o) {
      const { fingerprint, publicKey } = await read(pem, account, o.mustProve === true);
      const key = { fingerprint, account, label, createdAt: clock(), publicKey };
      await people.changing(() =>
        store.addKey(key, { signal: o.signal, mayMove: o.mayMove === true }),
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
