import "reflect-metadata";
import { generateKeyPair, randomBytes, type KeyObject, type webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { promisify } from "node:util";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { Instant } from "#domain/kernel";
import type { Identity } from "./identity-file.ts";

type Validity = { readonly notBefore: Instant; readonly notAfter: Instant };

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const algorithm = { name: "ECDSA", namedCurve: "P-256" } as const;
const signingAlgorithm = { name: "ECDSA", hash: "SHA-256" } as const;
const makePair = promisify(generateKeyPair);

/** A new P-256 key. */
export async function newKey(): Promise<{
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}> {
  return await makePair("ec", { namedCurve: "P-256" });
}

/** From an hour ago, for clocks that are a little behind, until `days` from now. */
export function validFor(days: number, now: Instant): Validity {
  return { notBefore: now - hourMs, notAfter: now + days * dayMs };
}

/** A certificate authority's own certificate; it may issue for ends only, not for further authorities. */
export async function authorityCertificate(options: {
  readonly commonName: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly validity: Validity;
}): Promise<string> {
  const publicKey = cryptoKey(options.publicKey, ["verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...common(options.validity),
    name: commonName(options.commonName),
    keys: { publicKey, privateKey: cryptoKey(options.privateKey, ["sign"]) },
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return pem(certificate.toString("pem"));
}

/** A certificate that `issuer` gives for one use: a server under its names, or a client under an account's. */
export async function endCertificate(options: {
  readonly issuer: Identity;
  readonly commonName: string;
  readonly publicKey: KeyObject;
  readonly use: "server" | "client";
  readonly names?: readonly string[];
  readonly validity: Validity;
}): Promise<string> {
  const issuerKey = cryptoKey(options.issuer.certificate.publicKey, ["verify"]);
  const publicKey = cryptoKey(options.publicKey, ["verify"]);
  const names = (options.names ?? []).map((value) => ({
    type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const),
    value,
  }));
  const use = options.use === "server" ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth;
  // A certificate that outlives its authority is good for nothing, and looks as if it were.
  const last = options.issuer.certificate.validToDate.getTime();
  const { notBefore, notAfter } = options.validity;
  const certificate = await X509CertificateGenerator.create({
    ...common({ notBefore, notAfter: Math.min(notAfter, last) }),
    subject: commonName(options.commonName),
    issuer: new X509Certificate(options.issuer.certificatePem).subjectName,
    publicKey,
    signingKey: cryptoKey(options.issuer.privateKey, ["sign"]),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([use]),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(issuerKey),
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
    ],
  });
  return pem(certificate.toString("pem"));
}

function common(validity: Validity) {
  // Positive, and never starting with a zero byte: RFC 5280, section 4.1.2.2.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return {
    serialNumber: serial.toString("hex"),
    notBefore: new Date(validity.notBefore),
    notAfter: new Date(validity.notAfter),
    signingAlgorithm,
  };
}

function commonName(value: string): Name {
  return new Name([{ CN: [value] }]);
}

function cryptoKey(key: KeyObject, usages: ("sign" | "verify")[]): webcrypto.CryptoKey {
  return key.toCryptoKey(algorithm, true, usages);
}

function pem(text: string): string {
  return `${text.trimEnd()}\n`;
}
