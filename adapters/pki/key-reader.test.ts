import { execFileSync } from "node:child_process";
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

const newKeys = {
  "P-256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "P-384": ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "RSA 2048": ["rsa:2048"],
  Ed25519: ["ed25519"],
};
const openssl = (input: string, ...args: readonly string[]): Buffer =>
  execFileSync("openssl", args, { input, stdio: ["pipe", "pipe", "ignore"] });
const newRequest = (how: readonly string[]): string => {
  const key = ["-newkey", ...how, "-nodes", "-keyout", "/dev/null"];
  return openssl("", "req", "-new", ...key, "-subj", "/O=localhost:8443/CN=alice").toString();
};

test.for(Object.entries(newKeys))(
  "a request that its %s key signed proves the key",
  async ([, how]) => {
    const request = newRequest(how);
    expect(await pemKeyReader.readRequest(request)).toEqual({
      ...pemKeyReader.read(openssl(request, "req", "-noout", "-pubkey").toString()),
      commonNames: ["alice"],
      organizations: ["localhost:8443"],
    });
  },
);

test("a request that another key signed, or that was changed, proves nothing", async () => {
  const malformed = { code: "accounts/key-malformed" };
  const [own = Buffer.of(), other = Buffer.of()] = [0, 1].map(() =>
    openssl(newRequest(newKeys["P-256"]), "req", "-outform", "DER"),
  );
  const point = Buffer.from("034200", "hex");
  const swapped = Buffer.from(own);
  other.copy(swapped, own.indexOf(point), other.indexOf(point), other.indexOf(point) + 67);
  const renamed = Buffer.from(own);
  renamed.write("mallo", renamed.indexOf("alice"));
  for (const der of [swapped, renamed, own.subarray(0, 60), Buffer.from("prose")]) {
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
    await expect(pemKeyReader.readRequest(pem)).rejects.toMatchObject(malformed);
  }
});

test("a bare key, a certificate and prose are no request", async () => {
  for (const text of [pair().publicKey, "prose", ""])
    expect(await pemKeyReader.readRequest(text)).toBeUndefined();
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
