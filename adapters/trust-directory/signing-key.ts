import { createPublicKey, sign, type KeyObject } from "node:crypto";
import { publicKeyFromPem, TufError } from "#domain/tuf";
import { SignerError, type KeyPurpose, type SigningKey } from "#services/signer";
import { encodePkcs8 } from "./private-key.ts";

/** An unlocked key, with what the Go client's files have of it. */
export type UnlockedKey = SigningKey & { readonly pkcs8: Uint8Array };

const pssPadding = 6;
const pssSaltBytes = 32;

/** Makes a private key sign as metadata files need it. Throws `signer/key-unsuitable` for a kind or size that cannot. */
export function unlockedKey(
  key: KeyObject,
  about: KeyPurpose & { readonly location: string },
): UnlockedKey {
  const { role, gun, location } = about;
  const publicKey = publicHalf(key);
  const pkcs8 = encodePkcs8(key);
  if (pkcs8 === undefined) throw unsuitable();
  return {
    id: publicKey.material.canonicalId,
    role,
    ...(gun === undefined ? {} : { gun }),
    location,
    publicKey,
    pkcs8,
    sign: (message) => Promise.resolve(signatureOf(key, message)),
  };
}

function publicHalf(key: KeyObject): SigningKey["publicKey"] {
  try {
    const pem = createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
    return publicKeyFromPem(pem);
  } catch (cause) {
    if (cause instanceof TufError) throw unsuitable(cause);
    throw cause;
  }
}

function signatureOf(key: KeyObject, message: Uint8Array): Uint8Array {
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return sign(null, message, key);
    case "rsa":
      return sign("sha256", message, { key, padding: pssPadding, saltLength: pssSaltBytes });
    default:
      return sign("sha256", message, { key, dsaEncoding: "ieee-p1363" });
  }
}

function unsuitable(cause?: unknown): SignerError {
  const message =
    "trust data can be signed with P-256, P-384, P-521, Ed25519 and RSA keys from 2048 bits";
  return new SignerError("signer/key-unsuitable", message, { cause });
}
