import { createHash, createPublicKey, X509Certificate, type KeyObject } from "node:crypto";
import { TufError } from "./errors.ts";

/** A public key in its one normal form, whatever form it came in. */
export type Material = {
  readonly family: "ecdsa" | "rsa" | "ed25519";
  readonly key: KeyObject;
  /** DER SubjectPublicKeyInfo: named curve, uncompressed point. */
  readonly spki: Uint8Array;
  /** Hex SHA-256 of `spki`: the same for every form of one key, and different for different keys. */
  readonly fingerprint: string;
  /** How long a raw ECDSA signature (r and s) of this key is; 0 for other families. */
  readonly ecdsaBytes: number;
};

export type Certificate = {
  readonly x509: X509Certificate;
  readonly material: Material;
  readonly pem: string;
};

export type PemBlock = { readonly label: string; readonly bytes: Uint8Array };

const PEM = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----/g;
const HEADER = /^[A-Za-z0-9-]+:.*$/gm;
const maxBlocks = 16;
const minRsaBits = 2_048;
const maxRsaBits = 8_192;
const ecdsaBytesOf: ReadonlyMap<string, number> = new Map([
  ["P-256", 64],
  ["P-384", 96],
  ["P-521", 132],
]);
/** What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410, section 4). */
const ed25519Prefix = Buffer.from("302a300506032b6570032100", "hex");

/** The PEM blocks in a text, in order; headers inside them are dropped. */
export function blocksOf(text: string): readonly PemBlock[] {
  return [...text.matchAll(PEM)].slice(0, maxBlocks).map(([, label = "", body = ""]) => ({
    label,
    bytes: Buffer.from(body.replaceAll(HEADER, ""), "base64"),
  }));
}

/** Reads a DER SubjectPublicKeyInfo. Throws `tuf/key-invalid`. */
export function spkiOf(der: Uint8Array): Material {
  return guarded(() =>
    normal(createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" })),
  );
}

/** Wraps the raw 32 bytes of an Ed25519 key. Throws `tuf/key-invalid`. */
export function ed25519Of(raw: Uint8Array): Material {
  if (raw.length !== 32) throw new TufError("tuf/key-invalid", "an Ed25519 key has 32 bytes");
  return spkiOf(Buffer.concat([ed25519Prefix, raw]));
}

/** Reads an X.509 certificate and the key it certifies. Nothing is said about who issued it. Throws `tuf/key-invalid`. */
export function certificateOf(block: PemBlock): Certificate {
  if (block.label !== "CERTIFICATE")
    throw new TufError("tuf/key-invalid", "expected only certificates");
  return guarded(() => {
    const x509 = new X509Certificate(block.bytes);
    return { x509, material: normal(x509.publicKey), pem: x509.toString() };
  });
}

/** Through JWK and back: a compressed point, explicit curve parameters or odd DER come out as one form. */
function normal(key: KeyObject): Material {
  const family = familyOf(key);
  const jwk = key.export({ format: "jwk" });
  const ecdsaBytes = family === "ecdsa" ? ecdsaBytesOf.get(jwk.crv ?? "") : 0;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? minRsaBits;
  if (family === undefined || ecdsaBytes === undefined || bits < minRsaBits || bits > maxRsaBits)
    throw new TufError("tuf/key-invalid", "this kind or size of key is not accepted");
  const normalKey = createPublicKey({ key: jwk, format: "jwk" });
  const spki = normalKey.export({ type: "spki", format: "der" });
  const fingerprint = createHash("sha256").update(spki).digest("hex");
  return { family, key: normalKey, spki, fingerprint, ecdsaBytes };
}

function familyOf(key: KeyObject): Material["family"] | undefined {
  switch (key.asymmetricKeyType) {
    case "ec":
      return "ecdsa";
    case "rsa":
      return "rsa";
    case "ed25519":
      return "ed25519";
    default:
      return undefined;
  }
}

function guarded<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof TufError) throw cause;
    throw new TufError("tuf/key-invalid", "not a public key that can be read", { cause });
  }
}
