import { sqlSealedKeyStore } from "#adapters/storage";
import type { Options } from "#domain/kernel";
import { readConfig, type Environment } from "./config.ts";
import { inDatabase } from "./in-database.ts";
import { masterKeyFiles, readMasterKeys } from "./master-keys.ts";

/** A master key that seals something, or is chosen to. */
export type MasterKeyUse = {
  /** Empty for seals made before master keys had ids. */
  readonly id: string;
  readonly keys: number;
  /** Whether new keys are sealed under it. */
  readonly isChosen: boolean;
  /** Whether it is in the environment or one of the files. */
  readonly isHere: boolean;
};

/** Which master keys seal how many server keys. */
export async function showMasterKeys(
  env: Environment,
  o: Options,
): Promise<{ readonly files: readonly string[]; readonly masterKeys: readonly MasterKeyUse[] }> {
  const config = readConfig(env);
  const { master, otherMasters } = await readMasterKeys(config, { ...o, isNewInstallation: false });
  const files = Object.values(masterKeyFiles(config)).filter((file) => file !== undefined);
  return await inDatabase(config, async (database) => {
    const store = sqlSealedKeyStore(database);
    const counts = await store.masterKeys(o);
    const chosen = (await store.masterKey(o)) ?? master.id;
    const ids = [...new Set([chosen, ...counts.keys()])];
    const masterKeys: MasterKeyUse[] = [];
    for (const id of ids) {
      const isHere = id === "" || id === master.id || (await otherMasters(id, o)) !== undefined;
      masterKeys.push({ id, keys: counts.get(id) ?? 0, isChosen: id === chosen, isHere });
    }
    return { files, masterKeys };
  });
}
