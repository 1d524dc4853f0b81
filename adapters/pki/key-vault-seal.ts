import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from "node:crypto";

const algorithm = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;

type Seal = { readonly master: KeyObject; /** Opens nowhere else. */ readonly place: string };

/** Encrypts with AES-256-GCM: IV, ciphertext, tag. */
export function sealBytes(secret: Uint8Array, { master, place }: Seal): Uint8Array {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, master, iv, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(place));
  return Buffer.concat([iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
}

/** Undoes `sealBytes`. Throws when the key, the place or a single bit is another one. */
export function openSealed(sealed: Uint8Array, { master, place }: Seal): Uint8Array {
  const iv = sealed.subarray(0, ivBytes);
  const body = sealed.subarray(ivBytes, sealed.length - tagBytes);
  const decipher = createDecipheriv(algorithm, master, iv, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  return Buffer.concat([decipher.update(body), decipher.final()]);
}
