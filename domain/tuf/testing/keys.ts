import "reflect-metadata";
import { generateKeyPairSync, KeyObject, sign } from "node:crypto";
import {
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  BasicConstraintsExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { Instant } from "#domain/kernel";
import { publicKeyFromPem, type KeyMaterial, type PublicKey, type Signer } from "#domain/tuf";

/** A key pair for tests: how it is listed, and what signs with it. */
export type TestKey = {
  readonly listed: PublicKey & { readonly material: KeyMaterial };
  readonly signer: Signer;
  readonly pem: string;
  readonly privateKey: KeyObject;
};
export type KeyKind = "P-256" | "P-384" | "P-521" | "rsa" | "ed25519";

/** A bare key. */
export function testKey(kind: KeyKind = "P-256"): TestKey {
  const { publicKey, privateKey } = pairOf(kind);
  return keyOf(privateKey, publicKey.export({ type: "spki", format: "pem" }).toString());
}

export type CertificateTerms = {
  readonly name: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly isCa?: boolean;
  /** For a server's certificate. */
  readonly dnsName?: string;
  /** Certifies this key again, instead of a new one. */
  readonly again?: TestKey;
};

/** A key inside a certificate of its own making, as Notary's clients make their root keys. */
export async function certifiedKey(terms: CertificateTerms): Promise<TestKey> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys =
    terms.again === undefined
      ? await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
      : await reimported(terms.again);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [terms.name] }],
    keys,
    notBefore: new Date(terms.notBefore),
    notAfter: new Date(terms.notAfter),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(terms.isCa ?? false, undefined, true),
      ...(terms.dnsName === undefined
        ? []
        : [new SubjectAlternativeNameExtension([{ type: "dns", value: terms.dnsName }])]),
      new KeyUsagesExtension(
        terms.isCa === true ? KeyUsageFlags.keyCertSign : KeyUsageFlags.digitalSignature,
        true,
      ),
    ],
  });
  return keyOf(KeyObject.from(keys.privateKey as never), `${certificate.toString("pem")}\n`);
}

async function reimported(key: TestKey): Promise<CryptoKeyPair> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const der = key.privateKey.export({ type: "pkcs8", format: "der" });
  const { spki } = key.listed.material;
  const { subtle } = crypto;
  return {
    privateKey: await subtle.importKey("pkcs8", new Uint8Array(der), algorithm, true, ["sign"]),
    publicKey: await subtle.importKey("spki", new Uint8Array(spki), algorithm, true, ["verify"]),
  };
}

function pairOf(kind: KeyKind): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  if (kind === "ed25519") return generateKeyPairSync("ed25519");
  if (kind === "rsa") return generateKeyPairSync("rsa", { modulusLength: 2_048 });
  return generateKeyPairSync("ec", { namedCurve: kind });
}

function keyOf(privateKey: KeyObject, pem: string): TestKey {
  const listed = publicKeyFromPem(pem);
  const method = { ecdsa: "ecdsa", rsa: "rsapss", ed25519: "eddsa" } as const;
  const signer: Signer = {
    keyId: listed.id,
    method: method[listed.material.family],
    sign: (message) => Promise.resolve(signBytes(privateKey, message)),
  };
  return { listed, signer, pem, privateKey };
}

function signBytes(key: KeyObject, message: Uint8Array): Uint8Array {
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return sign(null, message, key);
    case "rsa":
      return sign("sha256", message, { key, padding: 6, saltLength: 32 });
    default:
      return sign("sha256", message, { key, dsaEncoding: "ieee-p1363" });
  }
}
