import type { Options } from "#domain/kernel";
import { SignerError, type Passphrases } from "#services/signer";
import { asking, type Asking } from "./ask-passphrase.ts";
import { purposeOf, type KeyFile } from "./key-folder.ts";
import { encryptPbes2 } from "./pbes2.ts";
import type { PemBlock } from "./pem.ts";
import { decodePrivateKey, encryptedLabel, isEncrypted } from "./private-key.ts";
import { unlockedKey, type UnlockedKey } from "./signing-key.ts";

/** What opens and closes keys: shared by what the store does with them. */
export type Locksmith = {
  readonly asking: Asking;
  /** Throws `signer/passphrase-wrong`, `signer/key-unreadable` or `signer/key-unsuitable`. */
  unlock(file: Omit<KeyFile, "id"> & { readonly id?: string }, o: Options): Promise<Unlocked>;
  /** A key as it is kept; without a passphrase as it is. */
  lock(key: UnlockedKey, passphrase: string | undefined): Promise<KeyFile>;
};
export type Unlocked = { readonly key: UnlockedKey; readonly passphrase: string | undefined };

/** `location`: where the keys are kept, for people. */
export function locksmith(passphrases: Passphrases, location: string): Locksmith {
  const ask = asking(passphrases);
  return {
    asking: ask,
    async unlock({ block, ...question }, o) {
      const about = { ...purposeOf(question.role, question.gun), location };
      const decode = async (passphrase: string): Promise<UnlockedKey | undefined> => {
        const decoded = await decodePrivateKey(block, passphrase);
        if (decoded.kind === "key") return unlockedKey(decoded.key, about);
        if (decoded.kind === "wrong-passphrase") return undefined;
        throw new SignerError("signer/key-unreadable", `the ${question.role} key cannot be read`);
      };
      const opened = async (passphrase: string): Promise<Unlocked | undefined> => {
        const key = await decode(passphrase);
        return key && { key, passphrase: isEncrypted(block) ? passphrase : undefined };
      };
      const plain = isEncrypted(block) ? undefined : await opened("");
      return plain ?? (await ask.existing(question, opened, o));
    },
    async lock(key, passphrase) {
      const { id, role, gun, pkcs8 } = key;
      const block: PemBlock =
        passphrase === undefined
          ? { label: "PRIVATE KEY", headers: new Map(), bytes: pkcs8 }
          : {
              label: encryptedLabel,
              headers: new Map(),
              bytes: await encryptPbes2(pkcs8, passphrase),
            };
      return { id, ...purposeOf(role, gun), block };
    },
  };
}
