import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { derTag, isOid, oid, readDer, readSequence, writeDer, writeInteger } from "./der.ts";
import { decryptLegacy, readDekInfo } from "./legacy-cipher.ts";
import { decryptPbes2, readPbes2 } from "./pbes2.ts";
import { writePem, type PemBlock } from "./pem.ts";

/** What a private key's file turned out to be. */
export type Decoded =
  | { readonly kind: "key"; readonly key: KeyObject }
  | { readonly kind: "wrong-passphrase" }
  | { readonly kind: "unreadable" };

const plainLabels: ReadonlySet<string> = new Set([
  "PRIVATE KEY",
  "EC PRIVATE KEY",
  "RSA PRIVATE KEY",
  "ED25519 PRIVATE KEY",
]);
export const encryptedLabel = "ENCRYPTED PRIVATE KEY";
/** Notary's own form of an Ed25519 key, older than RFC 8410. */
const notaryEd25519 = "1.3.6.1.4.1.11591.15.1";
/** What stands before the seed of an Ed25519 key in its PKCS#8 (RFC 8410, section 7). */
const ed25519Prefix = Buffer.from("302e020100300506032b657004220420", "hex");
const curves: ReadonlyMap<string, string> = new Map([
  ["P-256", "1.2.840.10045.3.1.7"],
  ["P-384", "1.3.132.0.34"],
  ["P-521", "1.3.132.0.35"],
]);

export function isPrivateKey({ label }: PemBlock): boolean {
  return label === encryptedLabel || plainLabels.has(label);
}

export function isEncrypted({ label, headers }: PemBlock): boolean {
  return label === encryptedLabel || headers.get("Proc-Type")?.includes("ENCRYPTED") === true;
}

/**
 * Opens a private key: PKCS#8, plain or encrypted in any way that OpenSSL knows, the older forms of EC and RSA
 * keys, plain or with `DEK-Info`, and Notary's form of Ed25519 keys. The passphrase is used where there is need.
 */
export async function decodePrivateKey(block: PemBlock, passphrase: string): Promise<Decoded> {
  if (!isPrivateKey(block)) return { kind: "unreadable" };
  if (block.label === encryptedLabel) return await decodeEncrypted(block.bytes, passphrase);
  if (isEncrypted(block)) return decodeLegacy(block, passphrase);
  return decoded(keyOfPlain(block));
}

async function decodeEncrypted(bytes: Uint8Array, passphrase: string): Promise<Decoded> {
  if (readSequence(bytes)?.length !== 2) return { kind: "unreadable" };
  const known = readPbes2(bytes);
  if (known !== undefined) {
    const inner = await decryptPbes2(known, passphrase);
    const key = inner === undefined ? undefined : keyOfPkcs8(inner);
    return key === undefined ? { kind: "wrong-passphrase" } : { kind: "key", key };
  }
  const options = { key: Buffer.from(bytes), format: "der", type: "pkcs8", passphrase } as const;
  try {
    return { kind: "key", key: createPrivateKey(options) };
  } catch (error) {
    return { kind: isUnsupported(error) ? "unreadable" : "wrong-passphrase" };
  }
}

function decodeLegacy(block: PemBlock, passphrase: string): Decoded {
  const info = block.headers.get("DEK-Info") ?? "";
  const cipher = readDekInfo(info);
  if (cipher === undefined) return { kind: "unreadable" };
  const key =
    block.label === "ED25519 PRIVATE KEY"
      ? keyOfNotaryEd25519(decryptLegacy(cipher, block.bytes, passphrase))
      : attempt(() => createPrivateKey({ key: writePem(onlyCipher(block, info)), passphrase }));
  return key === undefined ? { kind: "wrong-passphrase" } : { kind: "key", key };
}

/** OpenSSL refuses a block with other headers than these. */
function onlyCipher(block: PemBlock, info: string): PemBlock {
  const headers = new Map([
    ["Proc-Type", "4,ENCRYPTED"],
    ["DEK-Info", info],
  ]);
  return { ...block, headers };
}

function keyOfPlain(block: PemBlock): KeyObject | undefined {
  if (block.label === "PRIVATE KEY") return keyOfPkcs8(block.bytes);
  if (block.label === "ED25519 PRIVATE KEY") return keyOfNotaryEd25519(block.bytes);
  return attempt(() => createPrivateKey(writePem({ ...block, headers: new Map() })));
}

function keyOfPkcs8(der: Uint8Array): KeyObject | undefined {
  const [, algorithm, octets] = readSequence(der) ?? [];
  if (algorithm?.tag !== derTag.sequence || octets?.tag !== derTag.octetString) return undefined;
  const [id] = readDer(algorithm.content) ?? [];
  if (isOid(id, notaryEd25519)) return keyOfNotaryEd25519(octets.content);
  return attempt(() => createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" }));
}

/** The public half, the seed, and the public half again. */
function keyOfNotaryEd25519(bytes: Uint8Array | undefined): KeyObject | undefined {
  if (bytes?.length !== 96) return undefined;
  const [first, seed, second] = [0, 32, 64].map((at) => Buffer.from(bytes.subarray(at, at + 32)));
  const der = Buffer.concat([ed25519Prefix, seed ?? Buffer.alloc(0)]);
  const key = attempt(() => createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  const known = key && createPublicKey(key).export({ type: "spki", format: "der" }).subarray(-32);
  return known !== undefined && first?.equals(known) && second?.equals(known) ? key : undefined;
}

/** PKCS#8 byte for byte as the Go client writes it. Undefined for a kind of key that it does not know. */
export function encodePkcs8(key: KeyObject): Uint8Array | undefined {
  const jwk = key.export({ format: "jwk" });
  const part = (text: string | undefined): Buffer => Buffer.from(text ?? "", "base64url");
  switch (key.asymmetricKeyType) {
    case "ec": {
      const curve = curves.get(jwk.crv ?? "");
      if (curve === undefined) return undefined;
      const named = writeDer(derTag.oid, oid(curve));
      const point = Buffer.concat([Buffer.from([0, 4]), part(jwk.x), part(jwk.y)]);
      const inner = writeDer(
        derTag.sequence,
        writeInteger(1),
        writeDer(derTag.octetString, part(jwk.d)),
        writeDer(0xa0, named),
        writeDer(0xa1, writeDer(derTag.bitString, point)),
      );
      return pkcs8(1, [writeDer(derTag.oid, oid("1.2.840.10045.2.1")), named], inner);
    }
    case "rsa": {
      const inner = key.export({ type: "pkcs1", format: "der" });
      return pkcs8(0, [writeDer(derTag.oid, oid("1.2.840.113549.1.1.1"))], inner);
    }
    case "ed25519": {
      const inner = Buffer.concat([part(jwk.x), part(jwk.d), part(jwk.x)]);
      return pkcs8(0, [writeDer(derTag.oid, oid(notaryEd25519))], inner);
    }
    default:
      return undefined;
  }
}

function pkcs8(version: number, algorithm: readonly Uint8Array[], inner: Uint8Array): Uint8Array {
  return writeDer(
    derTag.sequence,
    writeInteger(version),
    writeDer(derTag.sequence, ...algorithm),
    writeDer(derTag.octetString, inner),
  );
}

function decoded(key: KeyObject | undefined): Decoded {
  return key === undefined ? { kind: "unreadable" } : { kind: "key", key };
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined; // what OpenSSL says about it tells nobody more
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_OSSL_UNSUPPORTED";
}
