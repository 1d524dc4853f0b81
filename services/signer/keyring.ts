import type { Options } from "#domain/kernel";
import { meetsThreshold, type RoleKeys, type RoleName, type Signer } from "#domain/tuf";
import { SignerError } from "./errors.ts";
import type { KeyStore, SigningKey } from "./ports.ts";

const methods = { ecdsa: "ecdsa", rsa: "rsapss", ed25519: "eddsa" } as const;

/** Keys unlocked for one piece of work: nobody is asked twice for one key. */
export type Keyring = {
  /** By canonical id; undefined where it is not held. */
  readonly open: (id: string) => Promise<SigningKey | undefined>;
  /** Puts in a key that is unlocked already. */
  readonly add: (key: SigningKey) => void;
  /** One signer for each listed key that is held, a key that is listed under two ids twice. */
  readonly held: (role: RoleKeys) => Promise<readonly Signer[]>;
  /** As `held`. Throws `signer/key-missing` when they do not meet the threshold. */
  readonly signers: (name: RoleName, role: RoleKeys) => Promise<readonly Signer[]>;
};

export function createKeyring(keys: KeyStore, o: Options): Keyring {
  const opened = new Map<string, SigningKey | undefined>();
  const open: Keyring["open"] = async (id) => {
    if (!opened.has(id)) opened.set(id, await keys.open(id, o));
    return opened.get(id);
  };
  const held: Keyring["held"] = async (role) => {
    const signers: Signer[] = [];
    // One after the other: each may ask a person for a passphrase.
    for (const [keyId, listed] of role.keys) {
      const { material } = listed;
      const key = material === undefined ? undefined : await open(material.canonicalId);
      if (key === undefined) continue;
      const method = methods[key.publicKey.material.family];
      signers.push({ keyId, method, sign: (message) => key.sign(message) });
    }
    return signers;
  };
  return {
    open,
    held,
    add: (key) => opened.set(key.id, key),
    async signers(name, role) {
      const signers = await held(role);
      if (isEnough(signers, role)) return signers;
      const ids = [...role.keys.values()].map((key) => key.material?.canonicalId ?? key.id);
      const listed = ids.length === 0 ? "it lists none" : ids.join(", ");
      throw new SignerError(
        "signer/key-missing",
        `signing keys for ${name} not available: need ${role.threshold} keys from ${ids.length} possible keys (${listed})`,
        { role: name, keyIds: ids },
      );
    },
  };
}

/** Whether these signers together meet the threshold: distinct keys count, not ids. */
export function isEnough(signers: readonly Signer[], role: RoleKeys): boolean {
  const keys = signers.map(({ keyId }) => role.keys.get(keyId)?.material?.fingerprint ?? keyId);
  return meetsThreshold(keys, role);
}
