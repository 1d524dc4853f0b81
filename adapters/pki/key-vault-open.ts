import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type { Options } from "#domain/kernel";
import { parsePublicKey, type PublicKey } from "#domain/tuf";
import { TrustError, type SealedKey } from "#services/trust";
import type { FindMasterKey, MasterKey } from "./key-vault-master.ts";

/** A master key by the id that stands beside a seal; no id stands beside seals made before there were any. */
export function masterKeyFinder(parts: {
  readonly master: MasterKey;
  readonly otherMasters?: FindMasterKey;
}): (id: string, o: Options) => Promise<MasterKey> {
  const { master, otherMasters } = parts;
  return async (id, o) => {
    if (id === master.id || id === "") return master;
    const other = await otherMasters?.(id, o);
    if (other?.id === id) return other;
    throw new TrustError("trust/key-lost", `the master key ${id} is not here`);
  };
}

/** Opens a sealed key, and holds it against its public half. Throws `trust/key-lost`. */
export async function openKey(key: SealedKey, master: MasterKey, o: Options): Promise<KeyObject> {
  try {
    const der = await master.unwrap(key.sealed, placeOf(key), o);
    const privateKey = createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
    const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
    if (spki.toString("base64") !== key.public) throw new TypeError("not the key it stands for");
    return privateKey;
  } catch (cause) {
    throw new TrustError(
      "trust/key-lost",
      `the ${key.role} key of ${key.gun} does not open with this master key`,
      { cause },
    );
  }
}

export function publicHalf(key: SealedKey): PublicKey {
  return parsePublicKey({ keytype: "ecdsa", keyval: { public: key.public } });
}

/** Where a sealed key opens, and nowhere else. */
export function placeOf({ gun, role, keyId }: Pick<SealedKey, "gun" | "role" | "keyId">): string {
  return `${gun}\n${role}\n${keyId}`;
}
