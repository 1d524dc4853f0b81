import { createDecipheriv, createHash } from "node:crypto";

const ciphers: ReadonlyMap<string, readonly [name: string, keyBytes: number, ivBytes: number]> =
  new Map([
    ["AES-128-CBC", ["aes-128-cbc", 16, 16]],
    ["AES-192-CBC", ["aes-192-cbc", 24, 16]],
    ["AES-256-CBC", ["aes-256-cbc", 32, 16]],
    ["DES-EDE3-CBC", ["des-ede3-cbc", 24, 8]],
  ]);
const INFO = /^([A-Z0-9-]+),((?:[0-9A-Fa-f]{2})+)$/;
const saltBytes = 8;

export type LegacyCipher = {
  readonly name: string;
  readonly keyBytes: number;
  readonly iv: Uint8Array;
};

/** Reads a `DEK-Info` header; undefined for a cipher that OpenSSL no longer knows. */
export function readDekInfo(header: string): LegacyCipher | undefined {
  const [, cipher = "", hex = ""] = INFO.exec(header) ?? [];
  const [name, keyBytes, ivBytes] = ciphers.get(cipher) ?? [];
  const iv = Buffer.from(hex, "hex");
  if (name === undefined || keyBytes === undefined || iv.length !== ivBytes) return undefined;
  return { name, keyBytes, iv };
}

/**
 * What OpenSSL does with such a block (`PEM_do_header`): it has to be done here for kinds of keys that OpenSSL
 * does not know by their label. Undefined if the passphrase is wrong, as far as can be told.
 */
export function decryptLegacy(
  { name, keyBytes, iv }: LegacyCipher,
  bytes: Uint8Array,
  passphrase: string,
): Uint8Array | undefined {
  const salt = iv.subarray(0, saltBytes);
  let [key, last] = [Buffer.alloc(0), Buffer.alloc(0)];
  while (key.length < keyBytes) {
    last = createHash("md5").update(last).update(passphrase).update(salt).digest();
    key = Buffer.concat([key, last]);
  }
  try {
    const decipher = createDecipheriv(name, key.subarray(0, keyBytes), iv);
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  } catch {
    return undefined; // the padding is wrong: so is the passphrase, or the file
  }
}
