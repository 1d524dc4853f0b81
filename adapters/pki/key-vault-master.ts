import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import type { Options } from "#domain/kernel";
import { openSealed, sealBytes } from "./key-vault-seal.ts";

/**
 * The key that all server keys are sealed under. Never in the database. In software it is 32 bytes in a
 * file; in a hardware module it is a key that never leaves it, which is why both ways are asked and waited for.
 */
export interface MasterKey {
  /** Names the key without telling anything of it. Stands beside each seal. */
  readonly id: string;
  /** Encrypts, so that it opens under this key and in this place alone. */
  wrap(secret: Uint8Array, place: string, o: Options): Promise<Uint8Array>;
  /** Undoes `wrap`. Throws when the key, the place or a single bit is another one. */
  unwrap(sealed: Uint8Array, place: string, o: Options): Promise<Uint8Array>;
}

/** Looks a master key up by its id: those that were in use before, or will be. */
export type FindMasterKey = (id: string, o: Options) => Promise<MasterKey | undefined>;

const idBytes = 16;

/** A master key of 32 bytes, in software: AES-256-GCM. Throws a `RangeError` for any other number of bytes. */
export function masterKeyOf(bytes: Uint8Array): MasterKey {
  if (bytes.length !== 32) throw new RangeError("a master key has 32 bytes");
  const master = createSecretKey(bytes);
  return {
    id: idOf(master),
    wrap: async (secret, place) => await Promise.resolve(sealBytes(secret, { master, place })),
    async unwrap(sealed, place) {
      return await Promise.resolve(openSealed(sealed, { master, place }));
    },
  };
}

/** Derived by HKDF, whose outputs tell nothing of the key or of each other. */
function idOf(master: KeyObject): string {
  const derived = hkdfSync("sha256", master, "", "countersign master key id", idBytes);
  return Buffer.from(derived).toString("hex");
}
