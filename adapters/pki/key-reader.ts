import { parseKeyFingerprint } from "#domain/identity";
import { publicKeyFromPem, TufError } from "#domain/tuf";
import { AccountsError, type KeyReader } from "#services/accounts";

/** Reads public keys exactly as the checking of signatures reads them, so that their fingerprints agree. */
export const pemKeyReader: KeyReader = {
  read(pem) {
    if (pem.includes("PRIVATE KEY-----"))
      throw new AccountsError("accounts/key-private", "this is a private key");
    try {
      const { material } = publicKeyFromPem(pem);
      return {
        fingerprint: parseKeyFingerprint(material.fingerprint),
        publicKey: material.key.export({ type: "spki", format: "pem" }).toString(),
      };
    } catch (cause) {
      if (!(cause instanceof TufError)) throw cause;
      throw new AccountsError("accounts/key-malformed", "not a public key we take", { cause });
    }
  },
};
