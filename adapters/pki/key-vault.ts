import { generateKeyPair, sign, type KeyObject } from "node:crypto";
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
import type { FindMasterKey, MasterKey } from "./key-vault-master.ts";
import { masterKeyFinder, openKey, placeOf, publicHalf } from "./key-vault-open.ts";

const maxOpened = 1_000;
const maxAttempts = 3;
const generate = promisify(generateKeyPair);

export type KeyVaultParts = {
  readonly store: SealedKeyStore;
  readonly master: MasterKey;
  /** Where a key is looked for that names another master key than `master`: while they are changed. */
  readonly otherMasters?: FindMasterKey;
};

type Place = Pick<SealedKey, "gun" | "role" | "keyId">;
type Opened = { readonly place: Place; readonly privateKey: KeyObject; isMarked: boolean };

/**
 * Server-held signing keys (ECDSA P-256). In the store stands only what is sealed under a master key, and
 * bound to its repository, role and key id: put in another place, it does not open.
 */
export function createKeyVault(parts: KeyVaultParts): KeyVault {
  const { store, master } = parts;
  const find = masterKeyFinder(parts);
  const opened = new Map<string, Opened>();
  /** A key stays what it is and where it is: it is looked for and opened once. */
  const open = async (place: Place, o: Options): Promise<Opened | undefined> => {
    const name = placeOf(place);
    const known = opened.get(name);
    if (known !== undefined) return known;
    const key = await store.find(place.gun, place.role, place.keyId, o);
    if (key === undefined) return undefined;
    const privateKey = await openKey(key, await find(key.masterKey, o), o);
    const found = { place, privateKey, isMarked: false };
    if (opened.size >= maxOpened) opened.clear();
    opened.set(name, found);
    return found;
  };
  const addNew = async (gun: Gun, role: ServerRole, o: Options): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      const chosen = await store.masterKey(o);
      const sealing = chosen === undefined ? master : await find(chosen, o);
      try {
        return await store.add(await newKey({ gun, role, master: sealing }, o), o);
      } catch (error) {
        const isStale = error instanceof TrustError && error.code === "trust/master-key-changed";
        if (!isStale || attempt === maxAttempts) throw error;
      }
    }
  };
  return {
    async pending(gun, role, o) {
      const waiting = await store.unused(gun, role, o);
      if (waiting !== undefined) return publicHalf(waiting);
      await addNew(gun, role, o);
      const first = await store.unused(gun, role, o);
      if (first === undefined) throw new TrustError("trust/key-lost", "the new key is not there");
      return publicHalf(first);
    },
    async held(gun, role, keyId, o) {
      const key = await store.find(gun, role, keyId, o);
      return key && publicHalf(key);
    },
    async signer(gun, role, keyId, o) {
      const key = await open({ gun, role, keyId }, o);
      return key && signerOf(store, key, o);
    },
  };
}

function signerOf(store: SealedKeyStore, key: Opened, o: Options): Signer {
  const { gun, role, keyId } = key.place;
  return {
    keyId,
    method: "ecdsa",
    async sign(message) {
      if (!key.isMarked) await store.markUsed(gun, role, keyId, o);
      key.isMarked = true; // and never unmarked
      return sign("sha256", message, { key: key.privateKey, dsaEncoding: "ieee-p1363" });
    },
  };
}

async function newKey(
  of: { readonly gun: Gun; readonly role: ServerRole; readonly master: MasterKey },
  o: Options,
): Promise<SealedKey> {
  const { gun, role, master } = of;
  const { publicKey, privateKey } = await generate("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const { id: keyId }: PublicKey = parsePublicKey({ keytype: "ecdsa", keyval: { public: spki } });
  const secret = privateKey.export({ type: "pkcs8", format: "der" });
  const sealed = await master.wrap(secret, placeOf({ gun, role, keyId }), o);
  return { gun, role, keyId, public: spki, sealed, masterKey: master.id };
}
