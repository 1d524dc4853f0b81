import { generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { createRootCertifier } from "#adapters/pki";
import { parseGun } from "#domain/oci";
import { publicKeyFromPem } from "#domain/tuf";
import { testKey } from "#domain/tuf/testing";
import type { SigningKey } from "#services/signer";

const o = { signal: new AbortController().signal };
const from = Date.UTC(2026, 0, 2);
const to = Date.UTC(2036, 0, 1);
const gunOfLength = (characters: number) => {
  const host = "registry.test/";
  return parseGun(host + "a".repeat(characters - host.length)).gun;
};

function signingKey(kind: Parameters<typeof testKey>[0]): SigningKey {
  const { listed, signer } = testKey(kind);
  const { id } = listed;
  return { id, role: "root", location: "memory", publicKey: listed, sign: signer.sign };
}

test.for([
  ["P-256", 64],
  ["P-384", 40],
  ["P-521", 40],
  ["rsa", 40],
  ["P-256", 65],
  ["P-256", 200],
] as const)("a %s root is certified for a name of %i characters", async ([kind, characters]) => {
  const gun = gunOfLength(characters);
  const key = signingKey(kind);
  const pem = await createRootCertifier().certify(key, { gun, from, to }, o);
  const certificate = new X509Certificate(pem);
  expect(certificate.subject).toBe(`CN=${gun}`);
  expect(certificate.issuer).toBe(`CN=${gun}`);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.3"]);
  expect([certificate.validFromDate.getTime(), certificate.validToDate.getTime()]).toEqual([
    from,
    to,
  ]);
  expect(pem.endsWith("-----END CERTIFICATE-----\n")).toBe(true);
  const listed = publicKeyFromPem(pem);
  expect(listed.keytype).toBe(`${key.publicKey.keytype}-x509`);
  expect(listed.material.canonicalId).toBe(key.id);
  expect(listed.id).not.toBe(key.id);
});

test("two certificates of one key have two ids", async () => {
  const key = signingKey("P-256");
  const certify = () => createRootCertifier().certify(key, { gun: gunOfLength(30), from, to }, o);
  expect(publicKeyFromPem(await certify()).id).not.toBe(publicKeyFromPem(await certify()).id);
});

test("an Ed25519 key is no root", async () => {
  const certify = createRootCertifier().certify(
    signingKey("ed25519"),
    { gun: gunOfLength(30), from, to },
    o,
  );
  await expect(certify).rejects.toMatchObject({ code: "signer/key-unsuitable" });
});

test("the signature is made by the key that was given, once, and by nothing else", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const listed = publicKeyFromPem(publicKey.export({ type: "spki", format: "pem" }).toString());
  const messages: Uint8Array[] = [];
  const key: SigningKey = {
    id: listed.id,
    role: "root",
    location: "a token",
    publicKey: listed,
    sign(message) {
      messages.push(message);
      const key = { key: privateKey, dsaEncoding: "ieee-p1363" } as const;
      return Promise.resolve(sign("sha256", message, key));
    },
  };
  const pem = await createRootCertifier().certify(key, { gun: gunOfLength(30), from, to }, o);
  expect(messages).toHaveLength(1);
  expect(Buffer.from(new X509Certificate(pem).raw).includes(Buffer.from(messages[0] ?? []))).toBe(
    true,
  );
});
