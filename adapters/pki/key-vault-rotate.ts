import type { Options } from "#domain/kernel";
import { TrustError, type SealedKeyStore } from "#services/trust";
import type { FindMasterKey, MasterKey } from "./key-vault-master.ts";
import { masterKeyFinder, openKey, placeOf } from "./key-vault-open.ts";
import { masterKeyIdOf, sealingUnder } from "./sealing.ts";

/** What has been done, for whoever watches. */
export type RotationStep =
  | { readonly kind: "chosen" }
  | { readonly kind: "resealed"; readonly keys: number }
  | { readonly kind: "verified"; readonly keys: number };

const pageSize = 100;

/** Other secrets that are sealed as `sealingUnder` does. */
export type SealedSecrets = {
  list(o: Options): Promise<readonly SealedSecret[]>;
  /** A seal that somebody replaced meanwhile is left alone. */
  replace(from: SealedSecret, to: Uint8Array, o: Options): Promise<void>;
};
type SealedSecret = { readonly place: string; readonly sealed: Uint8Array };

type Parts = {
  readonly store: SealedKeyStore;
  /** The master key in use so far. */
  readonly master: MasterKey;
  readonly otherMasters: FindMasterKey;
};

/**
 * Seals every key under `to` instead, a page a transaction, and at last opens each one again. From the first
 * step on new keys are sealed under `to` by every server that shares the store, so that none slips through.
 * Whenever it is broken off, each key opens under the master key named beside it; it can be run again.
 * Throws `trust/key-lost`, before anything is changed, when a master key in use is not there.
 */
export async function changeMasterKey(
  parts: Parts & {
    readonly to: MasterKey;
    readonly secrets: SealedSecrets;
    readonly told: (step: RotationStep) => void | Promise<void>;
  },
  o: Options,
): Promise<void> {
  const { store, to, told } = parts;
  const known = masterKeyFinder(parts);
  const find = async (id: string): Promise<MasterKey> => (id === to.id ? to : await known(id, o));
  for (const id of (await store.masterKeys(o)).keys()) await find(id);
  await store.chooseMasterKey(to.id, o);
  await told({ kind: "chosen" });
  await eachPage(store, o, async (page, sum) => {
    const others = page.filter((key) => key.masterKey !== to.id);
    const changes = [];
    for (const key of others) {
      const place = placeOf(key);
      const secret = await (await find(key.masterKey)).unwrap(key.sealed, place, o);
      changes.push({ key, masterKey: to.id, sealed: await to.wrap(secret, place, o) });
    }
    if (changes.length > 0) await store.reseal(changes, o);
    await told({ kind: "resealed", keys: sum + changes.length });
    return changes.length;
  });
  await changeSecrets(parts, o);
  const verified = await eachPage(store, o, async (page) => {
    for (const key of page) {
      if (key.masterKey !== to.id)
        throw new TrustError("trust/key-lost", `a key of ${key.gun} kept its old seal`);
      await openKey(key, to, o);
    }
    return page.length;
  });
  await told({ kind: "verified", keys: verified });
}

async function changeSecrets(
  parts: Parts & { readonly to: MasterKey; readonly secrets: SealedSecrets },
  o: Options,
): Promise<void> {
  const { secrets, to } = parts;
  const [before, after] = [sealingUnder(parts), sealingUnder({ master: to })];
  for (const secret of await secrets.list(o)) {
    if (masterKeyIdOf(secret.sealed) === to.id) continue;
    const opened = await before.open(secret.sealed, secret.place, o);
    await secrets.replace(secret, await after.seal(opened, secret.place, o), o);
  }
  for (const { sealed, place } of await secrets.list(o)) await after.open(sealed, place, o);
}

/**
 * Sees to it, when a server starts, that it can open every key: writes the master key's id beside seals made
 * before there were ids, and chooses it where none was chosen. Throws `trust/key-lost` when a master key that
 * seals keys is not there, or is another one than it was.
 */
export async function requireMasterKeys(parts: Parts, o: Options): Promise<void> {
  const { store, master } = parts;
  const find = masterKeyFinder(parts);
  const inUse = await store.masterKeys(o);
  for (const id of inUse.keys()) await find(id, o);
  if (inUse.has(""))
    await eachPage(store, o, async (page) => {
      const unnamed = page.filter((key) => key.masterKey === "");
      for (const key of unnamed) await openKey(key, master, o);
      await store.reseal(
        unnamed.map((key) => ({ key, sealed: key.sealed, masterKey: master.id })),
        o,
      );
      return unnamed.length;
    });
  const chosen = await store.masterKey(o);
  if (chosen === undefined) await store.chooseMasterKey(master.id, o);
  else await find(chosen, o);
}

async function eachPage(
  store: SealedKeyStore,
  o: Options,
  visit: (page: Awaited<ReturnType<SealedKeyStore["page"]>>, sum: number) => Promise<number>,
): Promise<number> {
  let sum = 0;
  for (let after = 0; ;) {
    o.signal.throwIfAborted();
    const page = await store.page({ after, limit: pageSize }, o);
    const last = page.at(-1);
    if (last === undefined) return sum;
    sum += await visit(page, sum);
    after = last.position;
  }
}
