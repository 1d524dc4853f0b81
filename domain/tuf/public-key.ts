import { createHash } from "node:crypto";
import type { JsonValue } from "#domain/json";
import { canonicalJson } from "./canonical-json.ts";
import { TufError } from "./errors.ts";
import {
  blocksOf,
  certificateOf,
  ed25519Of,
  spkiOf,
  type Certificate,
  type Material,
} from "./key-material.ts";
import { asBytes, asObject, asString } from "./shape.ts";

/** A public key as metadata lists it. */
export type PublicKey = {
  /** `ecdsa`, `ecdsa-x509`, `rsa`, `rsa-x509`, `ed25519`, or one that nobody here knows. */
  readonly keytype: string;
  /** Base64, as it stands in the file. */
  readonly public: string;
  /** Hex SHA-256 over the key as listed. Two certificates of one key have two ids. */
  readonly id: string;
  /** The key itself; undefined for one that no signature may be checked with: unknown, broken, too short. */
  readonly material: KeyMaterial | undefined;
};

export type KeyMaterial = Material & {
  /** The id of the same key when it is listed bare: the name of its private key's file. */
  readonly canonicalId: string;
  /** The certificates of an `-x509` key, in the order listed. */
  readonly certificates: readonly Certificate[];
};

const maxKeyCharacters = 65_536;
const maxRemembered = 2_000;
/** Reading a key costs as much as checking a signature, and the same few keys come again and again. */
const remembered = new Map<string, PublicKey>();

/** Reads a key of a metadata file. Throws `tuf/malformed` for what has not even the shape of one. */
export function parsePublicKey(value: JsonValue | undefined): PublicKey {
  const key = asObject(value, "key");
  const keytype = asString(key["keytype"], "keytype");
  const text = asString(asObject(key["keyval"], "keyval")["public"], "public key");
  if (text.length > maxKeyCharacters || keytype.length > 64)
    throw new TufError("tuf/malformed", "a key is too large");
  return publicKey(keytype, text);
}

/**
 * Reads a public key from PEM: one `PUBLIC KEY` (headers such as `role:` are passed over) or a
 * `CERTIFICATE`, optionally with the certificates of its issuers after it. Throws `tuf/key-invalid`.
 */
export function publicKeyFromPem(text: string): PublicKey & { readonly material: KeyMaterial } {
  const blocks = text.length > maxKeyCharacters ? [] : blocksOf(text);
  const [first] = blocks;
  const isCertificate = first?.label === "CERTIFICATE";
  if (
    first === undefined ||
    !blocks.every((block) => block.label === first.label) ||
    (!isCertificate && (first.label !== "PUBLIC KEY" || blocks.length > 1))
  )
    throw new TufError("tuf/key-invalid", "expected one PEM public key or certificate");
  return isCertificate ? fromCertificates(blocks) : fromSpki(first.bytes);
}

/** The key's line in a metadata file, and what its id is made of. */
export function keyJson(key: Pick<PublicKey, "keytype" | "public">): {
  readonly keytype: string;
  readonly keyval: { readonly private: null; readonly public: string };
} {
  return { keytype: key.keytype, keyval: { private: null, public: key.public } };
}

function publicKey(keytype: string, text: string): PublicKey {
  const name = `${keytype} ${text}`;
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const bytes = asBytes(text, "public key");
  const key: PublicKey = {
    keytype,
    public: text,
    id: idOf(keytype, text),
    material: tryMaterial(keytype, bytes),
  };
  if (remembered.size >= maxRemembered) remembered.clear();
  remembered.set(name, key);
  return key;
}

function idOf(keytype: string, text: string): string {
  return createHash("sha256")
    .update(canonicalJson(keyJson({ keytype, public: text })))
    .digest("hex");
}

function tryMaterial(keytype: string, bytes: Uint8Array): KeyMaterial | undefined {
  try {
    switch (keytype) {
      case "ecdsa":
      case "rsa":
        return bare(keytype, spkiOf(bytes));
      case "ecdsa-x509":
      case "rsa-x509":
        return certified(keytype, bytes);
      case "ed25519":
        return bare(keytype, ed25519Of(bytes));
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof TufError && error.code === "tuf/key-invalid") return undefined;
    throw error;
  }
}

function bare(keytype: string, material: Material): KeyMaterial | undefined {
  if (material.family !== keytype) return undefined;
  return { ...material, canonicalId: canonicalIdOf(material), certificates: [] };
}

function certified(keytype: string, bytes: Uint8Array): KeyMaterial | undefined {
  const blocks = blocksOf(new TextDecoder().decode(bytes));
  const certificates = blocks.map((block) => certificateOf(block));
  const [leaf] = certificates;
  if (leaf === undefined || keytype !== `${leaf.material.family}-x509`) return undefined;
  return { ...leaf.material, canonicalId: canonicalIdOf(leaf.material), certificates };
}

function canonicalIdOf(material: Material): string {
  const bytes = material.family === "ed25519" ? material.spki.subarray(-32) : material.spki;
  return idOf(material.family, Buffer.from(bytes).toString("base64"));
}

function fromSpki(bytes: Uint8Array): PublicKey & { readonly material: KeyMaterial } {
  const material = spkiOf(bytes);
  const listed = material.family === "ed25519" ? material.spki.subarray(-32) : bytes;
  return usable(publicKey(material.family, Buffer.from(listed).toString("base64")));
}

function fromCertificates(
  blocks: ReturnType<typeof blocksOf>,
): PublicKey & { readonly material: KeyMaterial } {
  const certificates = blocks.map((block) => certificateOf(block));
  const pem = certificates.map((certificate) => certificate.pem).join("");
  const family = certificates[0]?.material.family ?? "";
  return usable(publicKey(`${family}-x509`, Buffer.from(pem).toString("base64")));
}

function usable(key: PublicKey): PublicKey & { readonly material: KeyMaterial } {
  if (key.material === undefined)
    throw new TufError("tuf/key-invalid", "a key of this kind cannot sign trust data");
  return { ...key, material: key.material };
}
