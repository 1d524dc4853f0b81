import type { Options } from "#domain/kernel";
import { TrustError } from "#services/trust";
import type { FindMasterKey, MasterKey } from "./key-vault-master.ts";
import { masterKeyFinder } from "./key-vault-open.ts";

/** Encrypts small secrets of ours, bound to their place. */
export type Sealing = {
  seal(secret: Uint8Array, place: string, o: Options): Promise<Uint8Array>;
  open(sealed: Uint8Array, place: string, o: Options): Promise<Uint8Array>;
};

/**
 * Seals secrets the way server keys are sealed: under the master key, whose id stands in front of the seal,
 * so that one that was in use before still opens what it sealed. Opening throws for any other key or place.
 */
export function sealingUnder(keys: {
  readonly master: MasterKey;
  readonly otherMasters?: FindMasterKey;
  /** Id of the master key to seal under, where it may be another one than `master` by now. */
  readonly chosen?: (o: Options) => Promise<string | undefined>;
}): Sealing {
  const find = masterKeyFinder(keys);
  return {
    async seal(secret, place, o) {
      const chosen = await keys.chosen?.(o);
      const master = chosen === undefined ? keys.master : await find(chosen, o);
      const sealed = await master.wrap(secret, place, o);
      return Buffer.concat([Buffer.from(`${master.id}\n`), sealed]);
    },
    async open(sealed, place, o) {
      const id = masterKeyIdOf(sealed);
      const master = await find(id, o);
      return await master.unwrap(sealed.subarray(id.length + 1), place, o);
    },
  };
}

/** Id of the master key that something is sealed under. Throws `trust/key-lost`. */
export function masterKeyIdOf(sealed: Uint8Array): string {
  const end = sealed.indexOf(0x0a);
  if (end < 1) throw new TrustError("trust/key-lost", "a seal names no master key");
  return Buffer.from(sealed.subarray(0, end)).toString("latin1");
}
