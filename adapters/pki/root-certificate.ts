import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { SignerError, type RootCertifier, type SigningKey } from "#services/signer";

type SigningAlgorithm =
  webcrypto.EcdsaParams | (webcrypto.RsaPssParams & { readonly hash: string });

const codeSigning = "1.3.6.1.5.5.7.3.3";
const pssSaltBytes = 32;
const curves: ReadonlyMap<number, string> = new Map([
  [64, "P-256"],
  [96, "P-384"],
  [132, "P-521"],
]);

/**
 * Makes the certificate that a root key stands in, as the Go client makes them: self-signed, the repository's name as
 * the only name, good for signing code. The name may be longer than the 64 characters that X.520 allows: Go,
 * OpenSSL and Node read it. Throws `signer/key-unsuitable` for an Ed25519 key, which no Notary takes as a root.
 */
export const certifyRoot: RootCertifier["certify"] = async (key, { gun, from, to }, { signal }) => {
  signal.throwIfAborted();
  const { algorithm, key: keyAlgorithm } = algorithmsOf(key);
  const name = new Name([{ CN: [gun] }]);
  const { spki } = key.publicKey.material;
  // What stands for the private key has only to say its kind: the signature is made by `key` itself.
  const standIn = key.publicKey.material.key.toCryptoKey(keyAlgorithm, true, ["verify"]);
  const terms = {
    serialNumber: serialNumber(),
    subject: name,
    issuer: name,
    notBefore: new Date(from),
    notAfter: new Date(to),
    publicKey: new Uint8Array(spki),
    signingKey: standIn,
    signingAlgorithm: algorithm,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([codeSigning]),
      new BasicConstraintsExtension(false, undefined, true),
    ],
  };
  const certificate = await X509CertificateGenerator.create(terms, signingWith(key));
  return `${certificate.toString("pem").trimEnd()}\n`;
};

export function algorithmsOf({ publicKey }: SigningKey): {
  readonly algorithm: SigningAlgorithm;
  readonly key: webcrypto.EcKeyImportParams | webcrypto.RsaHashedImportParams;
} {
  const { family, ecdsaBytes } = publicKey.material;
  const hash = "SHA-256";
  switch (family) {
    case "ecdsa": {
      const namedCurve = curves.get(ecdsaBytes) ?? "P-256";
      return { algorithm: { name: "ECDSA", hash }, key: { name: "ECDSA", namedCurve } };
    }
    case "rsa":
      return {
        algorithm: { name: "RSA-PSS", hash, saltLength: pssSaltBytes },
        key: { name: "RSA-PSS", hash },
      };
    case "ed25519":
      throw new SignerError("signer/key-unsuitable", "a root key is an ECDSA or RSA key");
  }
}

/** Web cryptography whose one private key is `key`. */
export function signingWith(key: SigningKey): webcrypto.Crypto {
  const { subtle } = webcrypto;
  const sign: webcrypto.SubtleCrypto["sign"] = async (_algorithm, _standIn, data) => {
    const message = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    return new Uint8Array(await key.sign(message)).buffer;
  };
  const signer = new Proxy(subtle, {
    get(target, name) {
      if (name === "sign") return sign;
      const other: unknown = Reflect.get(target, name, target);
      return typeof other === "function" ? (other.bind(target) as unknown) : other;
    },
  });
  return new Proxy(webcrypto, {
    get: (target, name) => (name === "subtle" ? signer : Reflect.get(target, name, target)),
  }) as webcrypto.Crypto;
}

/** Positive, and never starting with a zero byte: RFC 5280, section 4.1.2.2. */
function serialNumber(): string {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial.toString("hex");
}
