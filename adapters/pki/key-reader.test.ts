import { generateKeyPairSync, createHash, createPublicKey, type KeyObject } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseAccountName } from "#domain/identity";
import { pemKeyReader } from "./key-reader.ts";
import { openPki } from "./pki.ts";

const o = { signal: new AbortController().signal };
const pair = () =>
  generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });

test("a key and a certificate for it have one fingerprint", async () => {
  const { publicKey } = pair();
  const directory = await mkdtemp(join(tmpdir(), "countersign-pki-"));
  try {
    const pki = await openPki(directory, { clock: Date.now }, o);
    const certificate = await pki.issueClientCertificate(
      { account: parseAccountName("alice"), publicKey: createPublicKey(publicKey) },
      o,
    );
    expect(pemKeyReader.read(certificate)).toEqual(pemKeyReader.read(publicKey));
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("the fingerprint is that of the SubjectPublicKeyInfo", () => {
  const { publicKey } = pair();
  const der = createPublicKey(publicKey).export({ type: "spki", format: "der" });
  const expected = createHash("sha256").update(der).digest("hex");
  expect(pemKeyReader.read(publicKey)).toEqual({ fingerprint: expected, publicKey });
});

test.for([
  ["P-384", () => generateKeyPairSync("ec", { namedCurve: "P-384" })],
  ["P-521", () => generateKeyPairSync("ec", { namedCurve: "P-521" })],
  ["RSA 2048", () => generateKeyPairSync("rsa", { modulusLength: 2048 })],
  ["Ed25519", () => generateKeyPairSync("ed25519")],
] as const)("%s is taken", ([, make]) => {
  const pem = make().publicKey.export({ type: "spki", format: "pem" }).toString();
  expect(pemKeyReader.read(pem).fingerprint).toMatch(/^[0-9a-f]{64}$/);
});

const spki = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString();
const refused: readonly (readonly [string, () => string, string])[] = [
  ["nothing", () => "", "accounts/key-malformed"],
  ["prose", () => "my key", "accounts/key-malformed"],
  [
    "broken PEM",
    () => "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "accounts/key-malformed",
  ],
  ["two keys", () => pair().publicKey + pair().publicKey, "accounts/key-malformed"],
  ["a private key", () => pair().privateKey, "accounts/key-private"],
  [
    "a short RSA key",
    () => spki(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey),
    "accounts/key-malformed",
  ],
  [
    "a curve that no client signs with",
    () => spki(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey),
    "accounts/key-malformed",
  ],
];

test.for(refused)("%s is refused", ([, text, code]) => {
  expect(() => pemKeyReader.read(text())).toThrow(expect.objectContaining({ code }) as Error);
});
