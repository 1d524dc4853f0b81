import { publicKeyFromPem } from "#domain/tuf";
import { testKey, type KeyKind, type TestKey } from "#domain/tuf/testing";
import type { HeldKey, KeyPurpose, KeyStore, SigningKey } from "#services/signer";

export type MemoryKeyStore = KeyStore & {
  /** Takes in a key that was made elsewhere. */
  readonly put: (key: TestKey, purpose: KeyPurpose) => SigningKey;
  /** A key that is held, with its private half. */
  readonly kept: (id: string) => TestKey;
  /** How many keys were unlocked so far: what people would have typed passphrases for. */
  readonly openings: () => number;
};

/** Private keys, kept for as long as the process lives. `kind` is what `generate` makes. */
export function inMemoryKeyStore(kind: KeyKind = "P-256"): MemoryKeyStore {
  const held = new Map<string, SigningKey>();
  const made = new Map<string, TestKey>();
  let openings = 0;
  const put = (key: TestKey, { role, gun }: KeyPurpose): SigningKey => {
    const id = key.listed.material.canonicalId;
    const purpose = gun === undefined ? { role } : { role, gun };
    const taken: SigningKey = { ...bare(key), ...purpose, id, location: "memory" };
    held.set(id, taken);
    made.set(id, key);
    return taken;
  };
  return {
    put,
    kept(id) {
      const key = made.get(id);
      if (key === undefined) throw new Error(`no key ${id}`);
      return key;
    },
    openings: () => openings,
    list: () =>
      Promise.resolve(
        [...held.values()]
          .map(({ id, role, gun, location }): HeldKey => {
            const about = { id, role, location };
            return gun === undefined ? about : { ...about, gun };
          })
          .toSorted(rootsFirst),
      ),
    open(id) {
      const key = held.get(id);
      if (key !== undefined) openings += 1;
      return Promise.resolve(key);
    },
    generate: (purpose) => Promise.resolve(put(testKey(kind), purpose)),
    remove(id) {
      held.delete(id);
      return Promise.resolve();
    },
  };
}

/** Root keys first, then by gun, role and id. */
function rootsFirst(a: HeldKey, b: HeldKey): number {
  const order = (key: HeldKey): readonly string[] => [
    key.role === "root" ? "0" : "1",
    key.gun ?? "",
    key.role,
    key.id,
  ];
  const [left, right] = [order(a), order(b)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? 0 : (left[at] ?? "") < (right[at] ?? "") ? -1 : 1;
}

/** The bare public key, whatever certificate the test key is in, and what signs with it. */
function bare(key: TestKey): Pick<SigningKey, "publicKey" | "sign"> {
  const { spki } = key.listed.material;
  const body = Buffer.from(spki).toString("base64");
  const pem = `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----\n`;
  return { publicKey: publicKeyFromPem(pem), sign: key.signer.sign };
}
