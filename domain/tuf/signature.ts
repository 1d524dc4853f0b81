import { constants, verify } from "node:crypto";
import type { KeyMaterial } from "./public-key.ts";

/** One line of a file's signatures. */
export type Signature = {
  readonly keyId: string;
  readonly method: string;
  readonly bytes: Uint8Array;
};

const pssSaltBytes = 32;
const minRsaSignatureBytes = 256;

/**
 * Whether `signature` was made over `message` with the private half of `key`. The method must be one that
 * fits the key: `ecdsa` (raw r and s), `rsapss` (salt of 32 bytes), `rsapkcs1v15`, `eddsa`; SHA-256 always.
 */
export function isSignedWith(
  key: KeyMaterial,
  signature: Pick<Signature, "method" | "bytes">,
  message: Uint8Array,
): boolean {
  const { method, bytes } = signature;
  const isRsa = key.family === "rsa" && bytes.length >= minRsaSignatureBytes;
  switch (method) {
    case "ecdsa":
      return (
        key.family === "ecdsa" &&
        bytes.length === key.ecdsaBytes &&
        verify("sha256", message, { key: key.key, dsaEncoding: "ieee-p1363" }, bytes)
      );
    case "rsapss": {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return (
        isRsa &&
        verify("sha256", message, { key: key.key, padding, saltLength: pssSaltBytes }, bytes)
      );
    }
    case "rsapkcs1v15":
      return (
        isRsa &&
        verify("sha256", message, { key: key.key, padding: constants.RSA_PKCS1_PADDING }, bytes)
      );
    case "eddsa":
      return key.family === "ed25519" && verify(null, message, key.key, bytes);
    default:
      return false;
  }
}
