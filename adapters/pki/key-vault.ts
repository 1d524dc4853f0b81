import { createPrivateKey, generateKeyPair, sign, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { Gun } from "#domain/oci";
import type { Options } from "#domain/kernel";
import { parsePublicKey, type PublicKey, type Signer } from "#domain/tuf";
import {
  TrustError,
  type KeyVault,
  type SealedKey,
  type SealedKeyStore,
  type ServerRole,
} from "#services/trust";
import { openSealed, sealBytes, type MasterKey } from "./key-vault-seal.ts";

const maxOpened = 1_000;
const generate = promisify(generateKeyPair);

/**
 * Server-held signing keys (ECDSA P-256). In the store stands only what is sealed under `master`, and bound
 * to its repository, role and key id: put in another place, it does not open.
 */
export function createKeyVault(parts: {
  readonly store: SealedKeyStore;
  readonly master: MasterKey;
}): KeyVault {
  const { store, master } = parts;
  const opened = new Map<string, KeyObject>();
  const open = (key: SealedKey): KeyObject => {
    const place = placeOf(key);
    const known = opened.get(place);
    if (known !== undefined) return known;
    const privateKey = unseal(key, master);
    if (opened.size >= maxOpened) opened.clear();
    opened.set(place, privateKey);
    return privateKey;
  };
  return {
    async pending(gun, role, o) {
      const waiting = await store.unused(gun, role, o);
      if (waiting !== undefined) return publicHalf(waiting);
      await store.add(await newKey({ gun, role, master }), o);
      const first = await store.unused(gun, role, o);
      if (first === undefined) throw new TrustError("trust/key-lost", "the new key is not there");
      return publicHalf(first);
    },
    async held(gun, role, keyId, o) {
      const key = await store.find(gun, role, keyId, o);
      return key && publicHalf(key);
    },
    async signer(gun, role, keyId, o) {
      const key = await store.find(gun, role, keyId, o);
      return key && signerOf({ store, key, privateKey: open(key) }, o);
    },
  };
}

function signerOf(
  held: {
    readonly store: SealedKeyStore;
    readonly key: SealedKey;
    readonly privateKey: KeyObject;
  },
  o: Options,
): Signer {
  const { gun, role, keyId } = held.key;
  return {
    keyId,
    method: "ecdsa",
    async sign(message) {
      await held.store.markUsed(gun, role, keyId, o);
      return sign("sha256", message, { key: held.privateKey, dsaEncoding: "ieee-p1363" });
    },
  };
}

async function newKey(of: {
  readonly gun: Gun;
  readonly role: ServerRole;
  readonly master: MasterKey;
}): Promise<SealedKey> {
  const { gun, role, master } = of;
  const { publicKey, privateKey } = await generate("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const { id: keyId } = parsePublicKey({ keytype: "ecdsa", keyval: { public: spki } });
  const place = placeOf({ gun, role, keyId });
  const secret = privateKey.export({ type: "pkcs8", format: "der" });
  return { gun, role, keyId, public: spki, sealed: sealBytes(secret, { master, place }) };
}

function unseal(key: SealedKey, master: MasterKey): KeyObject {
  try {
    const der = openSealed(key.sealed, { master, place: placeOf(key) });
    return createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
  } catch (cause) {
    throw new TrustError(
      "trust/key-lost",
      `the ${key.role} key of ${key.gun} does not open with this master key`,
      { cause },
    );
  }
}

function publicHalf(key: SealedKey): PublicKey {
  return parsePublicKey({ keytype: "ecdsa", keyval: { public: key.public } });
}

function placeOf({ gun, role, keyId }: Pick<SealedKey, "gun" | "role" | "keyId">): string {
  return `${gun}\n${role}\n${keyId}`;
}
