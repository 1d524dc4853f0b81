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
}): Sealing {
  const find = masterKeyFinder(keys);
  return {
    async seal(secret, place, o) {
      const sealed = await keys.master.wrap(secret, place, o);
      return Buffer.concat([Buffer.from(`${keys.master.id}\n`), sealed]);
    },
    async open(sealed, place, o) {
      const end = sealed.indexOf(0x0a);
      if (end < 1) throw new TrustError("trust/key-lost", "a seal names no master key");
      const master = await find(Buffer.from(sealed.subarray(0, end)).toString("latin1"), o);
      return await master.unwrap(sealed.subarray(end + 1), place, o);
    },
  };
}
