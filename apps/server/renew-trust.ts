import { createKeyVault } from "#adapters/pki";
import { sqlMetadataStore, sqlSealedKeyStore } from "#adapters/storage";
import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { refresh } from "#services/trust";
import { readConfig, type Environment } from "./config.ts";
import { inDatabase } from "./in-database.ts";
import { readMasterKeys } from "./master-keys.ts";
import { requireKeysToOpen } from "./open-vault.ts";

export type Renewed = {
  readonly renewed: readonly Gun[];
  /** Where the root or the client's snapshot is expired, or the clock is wrong. */
  readonly left: readonly Gun[];
};

/**
 * Signs every timestamp, and every snapshot whose key the server holds, anew, so many versions ahead: after
 * an older copy was restored, clients that saw newer versions then see no rollback.
 */
export async function renewTrust(
  parts: { readonly env: Environment; readonly skipVersions: number },
  o: Options,
): Promise<Renewed> {
  const config = readConfig(parts.env);
  return await inDatabase(config, async (database) => {
    const masterKeys = await readMasterKeys(config, { ...o, isNewInstallation: false });
    const sealedKeys = sqlSealedKeyStore(database);
    await requireKeysToOpen({ store: sealedKeys, keys: masterKeys, config }, o);
    const store = sqlMetadataStore(database);
    const keys = createKeyVault({ store: sealedKeys, ...masterKeys });
    const trust = { store, keys, clock: () => Date.now() };
    const done: Gun[] = [];
    const left: Gun[] = [];
    for (const gun of await store.guns(o)) {
      const isDone = await refresh(trust, gun, o, { skip: parts.skipVersions });
      (isDone ? done : left).push(gun);
    }
    return { renewed: done, left };
  });
}
