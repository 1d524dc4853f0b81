import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import {
  derTag,
  integerOf,
  isOid,
  oid,
  readDer,
  readSequence,
  writeDer,
  writeInteger,
  type Der,
} from "./der.ts";

/** How a PKCS#8 key is encrypted (RFC 8018, sections 6.2 and A.4): PBKDF2, then AES in CBC mode. */
export type Pbes2 = {
  readonly salt: Uint8Array;
  readonly rounds: number;
  readonly digest: string;
  readonly cipher: string;
  readonly keyBytes: number;
  readonly iv: Uint8Array;
  readonly encrypted: Uint8Array;
};

const pbes2 = "1.2.840.113549.1.5.13";
const pbkdf2Oid = "1.2.840.113549.1.5.12";
const aes256 = "2.16.840.1.101.3.4.1.42";
const digests: readonly (readonly [string, string])[] = [
  ["1.2.840.113549.2.7", "sha1"],
  ["1.2.840.113549.2.8", "sha224"],
  ["1.2.840.113549.2.9", "sha256"],
  ["1.2.840.113549.2.10", "sha384"],
  ["1.2.840.113549.2.11", "sha512"],
];
const ciphers: readonly (readonly [string, string, number])[] = [
  ["2.16.840.1.101.3.4.1.2", "aes-128-cbc", 16],
  ["2.16.840.1.101.3.4.1.22", "aes-192-cbc", 24],
  [aes256, "aes-256-cbc", 32],
];
/** Minutes of work at most: a file from elsewhere must not stop a program for days. */
const maxRounds = 100_000_000;
/** What the Go client writes, and the only thing it reads. */
const goRounds = 2_048;
const derive = promisify(pbkdf2);

/** Reads an `EncryptedPrivateKeyInfo` (RFC 5958, section 3); undefined for one that is encrypted in another way. */
export function readPbes2(bytes: Uint8Array): Pbes2 | undefined {
  const [algorithm, data, ...more] = readSequence(bytes) ?? [];
  const [scheme, parameters] = partsOf(algorithm);
  const [derivation, encryption] = partsOf(parameters);
  const [kdf, kdfParameters] = partsOf(derivation);
  const [cipherId, iv] = partsOf(encryption);
  if (!isOid(scheme, pbes2) || !isOid(kdf, pbkdf2Oid) || more.length > 0) return undefined;
  const [salt, count, ...options] = partsOf(kdfParameters);
  const rounds = integerOf(count);
  const digest = digestOf(options.find(({ tag }) => tag === derTag.sequence));
  const [, cipher, keyBytes] = ciphers.find(([id]) => isOid(cipherId, id)) ?? [];
  const isShaped =
    salt?.tag === derTag.octetString &&
    iv?.tag === derTag.octetString &&
    iv.content.length === 16 &&
    data?.tag === derTag.octetString;
  if (!isShaped || rounds === undefined || rounds < 1 || rounds > maxRounds) return undefined;
  if (digest === undefined || cipher === undefined || keyBytes === undefined) return undefined;
  return {
    salt: salt.content,
    rounds,
    digest,
    cipher,
    keyBytes,
    iv: iv.content,
    encrypted: data.content,
  };
}

/** Whether the Go client reads it: it knows one pseudo-random function, and takes any other for a wrong passphrase. */
export function isGoReadable({ digest }: Pbes2): boolean {
  return digest === "sha1";
}

/** What is inside; undefined if the passphrase is wrong, as far as can be told. */
export async function decryptPbes2(
  from: Pbes2,
  passphrase: string,
): Promise<Uint8Array | undefined> {
  const key = await derive(passphrase, from.salt, from.rounds, from.keyBytes, from.digest);
  try {
    const decipher = createDecipheriv(from.cipher, key, from.iv);
    return Buffer.concat([decipher.update(from.encrypted), decipher.final()]);
  } catch {
    return undefined; // the padding is wrong: so is the passphrase, or the file
  }
}

/** Encrypts as the Go client does: PBKDF2 with HMAC-SHA-1 and 2,048 rounds, AES-256-CBC. */
export async function encryptPbes2(inner: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const [salt, iv] = [randomBytes(8), randomBytes(16)];
  const key = await derive(passphrase, salt, goRounds, 32, "sha1");
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  const encrypted = Buffer.concat([cipher.update(inner), cipher.final()]);
  const kdf = algorithm(
    pbkdf2Oid,
    writeDer(derTag.sequence, writeDer(derTag.octetString, salt), writeInteger(goRounds)),
  );
  const scheme = algorithm(aes256, writeDer(derTag.octetString, iv));
  return writeDer(
    derTag.sequence,
    algorithm(pbes2, writeDer(derTag.sequence, kdf, scheme)),
    writeDer(derTag.octetString, encrypted),
  );
}

function algorithm(id: string, parameters: Uint8Array): Uint8Array {
  return writeDer(derTag.sequence, writeDer(derTag.oid, oid(id)), parameters);
}

/** HMAC-SHA-1 where nothing is said (RFC 8018, appendix A.2). */
function digestOf(prf: Der | undefined): string | undefined {
  if (prf === undefined) return "sha1";
  const [id] = partsOf(prf);
  return digests.find(([known]) => isOid(id, known))?.[1];
}

function partsOf(value: Der | undefined): readonly Der[] {
  return value?.tag === derTag.sequence ? (readDer(value.content) ?? []) : [];
}
