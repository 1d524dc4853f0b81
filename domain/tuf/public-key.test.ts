import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parsePublicKey, publicKeyFromPem } from "#domain/tuf";
import { certifiedKey, testKey } from "#domain/tuf/testing";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const listed = (keytype: string, text: string) =>
  parsePublicKey({ keytype, keyval: { public: text } });
const keyInvalid = expect.objectContaining({ code: "tuf/key-invalid" });

describe("the fingerprint is the same in every form of one key", () => {
  test("bare, as PEM, with headers, in a certificate, in another certificate, compressed", async () => {
    const terms = { name: "alice", notBefore: 0, notAfter: 1_000_000_000_000 };
    const one = await certifiedKey(terms);
    const two = await certifiedKey({ ...terms, name: "bob", again: one });
    const { fingerprint, spki, canonicalId } = one.listed.material;
    const pem = createPublicKey(one.pem).export({ type: "spki", format: "pem" }).toString();
    const withHeader = pem.replace("KEY-----\n", "KEY-----\nrole: alice\n\n");
    const forms = [
      listed("ecdsa", base64(spki)),
      listed("ecdsa-x509", base64(Buffer.from(one.pem))),
      listed("ecdsa", base64(compressed(spki))),
      publicKeyFromPem(pem),
      publicKeyFromPem(withHeader),
      publicKeyFromPem(one.pem),
      publicKeyFromPem(two.pem),
    ];
    expect(new Set(forms.map((key) => key.material?.fingerprint))).toEqual(new Set([fingerprint]));
    expect(new Set(forms.map((key) => key.material?.canonicalId))).toEqual(new Set([canonicalId]));
    expect(two.listed.id).not.toBe(one.listed.id);
    expect(listed("ecdsa", base64(spki)).id).toBe(canonicalId);
  });

  test("Ed25519: raw in a file, wrapped in PEM", () => {
    const key = testKey("ed25519");
    const raw = key.listed.material.spki.subarray(-32);
    expect(listed("ed25519", base64(raw)).material?.fingerprint).toBe(
      publicKeyFromPem(key.pem).material.fingerprint,
    );
  });

  test("different keys have different ones", () => {
    const kinds = ["P-256", "P-256", "P-384", "P-521", "rsa", "ed25519"] as const;
    const keys = kinds.map((kind) => testKey(kind).listed.material.fingerprint);
    expect(new Set(keys).size).toBe(kinds.length);
  });
});

/** The same P-256 key with its point written in 33 bytes. */
function compressed(spki: Uint8Array): Uint8Array {
  const point = spki.subarray(-65);
  const odd = (point[64] ?? 0) % 2;
  const head = Buffer.from("3039301306072a8648ce3d020106082a8648ce3d030107032200", "hex");
  return Buffer.concat([head, Buffer.from([2 + odd]), point.subarray(1, 33)]);
}

describe("a key that nobody may sign with", () => {
  const rsa1024 = generateKeyPairSync("rsa", { modulusLength: 1_024 }).publicKey;
  const p224 = generateKeyPairSync("ec", { namedCurve: "secp224r1" }).publicKey;
  const koblitz = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey;
  const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2_048 }).publicKey;
  const x25519 = generateKeyPairSync("x25519").publicKey;

  test.for([
    ["RSA of 1024 bits", rsa1024],
    ["P-224", p224],
    ["secp256k1", koblitz],
    ["RSA-PSS", pss],
    ["X25519", x25519],
  ] as const)("%s is refused from PEM, and listed in a file it is of no use", ([, key]) => {
    const pem = key.export({ type: "spki", format: "pem" }).toString();
    expect(() => publicKeyFromPem(pem)).toThrowError(keyInvalid);
    const text = base64(key.export({ type: "spki", format: "der" }));
    for (const keytype of ["rsa", "ecdsa", "ed25519"])
      expect(listed(keytype, text).material).toBeUndefined();
  });

  test("a private key, garbage, nothing, two keys: refused", () => {
    const { privateKey, pem } = testKey();
    const secret = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    for (const text of [
      secret,
      "",
      "garbage",
      pem + pem,
      pem.replace("MF", "AA"),
      "x".repeat(99_999),
    ])
      expect(() => publicKeyFromPem(text)).toThrowError(keyInvalid);
  });

  test("the type that is listed must be the type it is", () => {
    const text = base64(testKey("rsa").listed.material.spki);
    expect(listed("ecdsa", text).material).toBeUndefined();
    expect(listed("ecdsa-x509", text).material).toBeUndefined();
    expect(listed("constructor", text).material).toBeUndefined();
  });

  test.for([
    [null],
    [{}],
    [{ keytype: "rsa" }],
    [{ keytype: "rsa", keyval: { public: 1 } }],
    [{ keytype: "rsa", keyval: { public: "not base64!" } }],
    [{ keytype: "rsa", keyval: { public: "AAA" } }],
    [{ keytype: "rsa", keyval: { public: "A".repeat(70_000) } }],
  ])("%j has not the shape of a key", ([value]) => {
    expect(() => parsePublicKey(value as never)).toThrowError(
      expect.objectContaining({ code: "tuf/malformed" }),
    );
  });
});
