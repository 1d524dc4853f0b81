import { constants, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonValue } from "#domain/json";
import {
  canonicalJson,
  composeFile,
  decodeRoot,
  decodeSnapshot,
  decodeTargets,
  decodeTimestamp,
  formatTime,
  keyJson,
  meetsThreshold,
  parseRoleName,
  requireRootOf,
  signersOf,
  targetsRole,
  timestampPayload,
  verifyRoot,
  verifySuccessor,
  verifyThreshold,
  type Signer,
} from "#domain/tuf";
import {
  certifiedKey,
  keysOf,
  signRoot,
  testKey,
  testRepository,
  type TestKey,
} from "#domain/tuf/testing";
import { formatForPeople, tryTime } from "./time.ts";

const gun = "registry.test/acme/web";
const now = Date.UTC(2026, 5, 1);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const utf8 = (words: string): Uint8Array => new TextEncoder().encode(words);
const code = (expected: string) => expect.objectContaining({ code: expected });
const roleOf = (threshold: number, ...keys: readonly TestKey[]) => keysOf({ threshold, keys });
const alice = testKey();
const bob = testKey();

function targetsFile(changes: Readonly<Record<string, JsonValue>> = {}): JsonValue {
  return {
    _type: "Targets",
    delegations: { keys: {}, roles: [] },
    expires: "2029-01-01T00:00:00Z",
    targets: { v1: { hashes: { sha256: Buffer.alloc(32).toString("base64") }, length: 6 } },
    version: 2,
    ...changes,
  };
}
const signed = (payload: JsonValue, ...keys: readonly TestKey[]) =>
  composeFile(
    payload,
    keys.map((key) => key.signer),
  );

describe("canonical JSON", () => {
  test.for([
    ['{"b":1,"a":[true,false,null]}', '{"a":[true,false,null],"b":1}'],
    ['{"a":"\\n\\u003c\\"\\\\/"}', '{"a":"\n<\\"\\\\/"}'],
    ["[1e3,-0,10]", "[1000,0,10]"],
    ['{"\u{ffff}":1,"\u{10000}":2}', '{"\u{ffff}":1,"\u{10000}":2}'],
    ['{"__proto__":1,"a":2}', '{"__proto__":1,"a":2}'],
  ] as const)("%s", ([given, expected]) => {
    expect(canonicalJson(JSON.parse(given) as JsonValue)).toBe(expected);
  });

  test.for([1.5, 2 ** 53, Number.NaN])("%d cannot be signed", (value) => {
    expect(() => canonicalJson([value])).toThrowError(code("tuf/malformed"));
  });

  test("a file escapes what HTML and JavaScript dislike, the signature is over the plain form", async () => {
    const name = "a<b>&\u2028c";
    const targets = { [name]: { hashes: {}, length: 1 } };
    const file = await signed(targetsFile({ targets }), alice);
    expect(text(file)).toContain(String.raw`a\u003cb\u003e\u0026\u2028c`);
    const trusted = verifyThreshold(decodeTargets(file, targetsRole), roleOf(1, alice));
    expect([...trusted.signed.targets.keys()]).toEqual([name]);
  });
});

describe("times", () => {
  test.for([
    ["2029-11-21T07:39:40.407663821Z", Date.UTC(2029, 10, 21, 7, 39, 40, 407)],
    ["2024-02-29T23:59:59Z", Date.UTC(2024, 1, 29, 23, 59, 59)],
    ["2026-01-01T01:30:00+02:00", Date.UTC(2025, 11, 31, 23, 30)],
    ["1969-12-31T23:59:59.5Z", -500],
  ] as const)("%s is read", ([written, expected]) => {
    expect(tryTime(written)).toBe(expected);
  });

  test.for([
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-01",
    "",
    "2026-01-01T24:00:00Z",
    "2026-01-01t00:00:00z",
  ])("%s is no time", (written) => {
    expect(tryTime(written)).toBeUndefined();
  });

  test("what is written is read back the same, and is what Date says", () => {
    const max = Date.UTC(9_999, 11, 31);
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1_600, 0, 1), max }), (instant) => {
        expect(tryTime(formatTime(instant))).toBe(instant);
        expect(new Date(formatTime(instant)).getTime()).toBe(instant);
        expect(formatForPeople(instant)).toContain(String(new Date(instant).getUTCFullYear()));
        expect(new Date(formatForPeople(instant)).getTime()).toBe(
          Math.floor(instant / 1_000) * 1_000,
        );
      }),
    );
  });

  test("no trailing zeros in a fraction, for Go would drop them", () => {
    expect(formatTime(Date.UTC(2026, 0, 1, 0, 0, 0, 120))).toBe("2026-01-01T00:00:00.12Z");
    expect(formatTime(Date.UTC(2026, 0, 1))).toBe("2026-01-01T00:00:00Z");
  });
});

describe("thresholds", () => {
  test("count distinct keys, however often one signs and under however many ids", async () => {
    const terms = { name: "x", notBefore: now, notAfter: now + 1e9 };
    const certified = await certifiedKey(terms);
    const again = await certifiedKey({ ...terms, again: certified });
    const file = await signed(targetsFile(), certified, certified, again);
    const envelope = decodeTargets(file, targetsRole);
    const role = roleOf(2, certified, again);
    expect(role.keys.size).toBe(2);
    expect(signersOf(envelope, role)).toHaveLength(1);
    expect(() => verifyThreshold(envelope, role)).toThrowError(code("tuf/threshold"));
    const both = decodeTargets(await signed(targetsFile(), certified, bob), targetsRole);
    expect(verifyThreshold(both, roleOf(2, certified, bob))).toBe(both);
  });

  test.for([0, -1])("a threshold of %d is met by nobody", (threshold) => {
    expect(meetsThreshold(["a", "b"], { threshold, keys: new Map() })).toBe(false);
    expect(meetsThreshold([], { threshold, keys: new Map() })).toBe(false);
  });

  test.for<readonly [string, (file: string) => string]>([
    ["0", (file) => file.replace(/"threshold":1/, '"threshold":0')],
    ["-1", (file) => file.replace(/"threshold":1/, '"threshold":-1')],
    ["1.5", (file) => file.replace(/"threshold":1/, '"threshold":1.5')],
    ["a text", (file) => file.replace(/"threshold":1/, '"threshold":"1"')],
    ["nothing", (file) => file.replace(/,"threshold":1/, "")],
  ])("a root whose threshold is %s is no root", async ([, change]) => {
    const repository = await testRepository(gun, now);
    const file = change(text(await signRoot(repository)));
    expect(() => decodeRoot(utf8(file))).toThrowError(
      expect.objectContaining({ code: expect.stringMatching(/^tuf\/(invalid|malformed)$/) }),
    );
  });

  test("a signature under another key's id does not count", async () => {
    const forged: Signer = { ...bob.signer, keyId: alice.listed.id };
    const file = await composeFile(targetsFile(), [forged]);
    expect(signersOf(decodeTargets(file, targetsRole), roleOf(1, alice, bob))).toEqual([]);
  });

  test("a key listed under an id not its own is refused", async () => {
    const { id } = alice.listed;
    const delegations = { keys: { [id]: keyJson(bob.listed) }, roles: [] };
    const file = await signed(targetsFile({ delegations }), alice);
    expect(() => decodeTargets(file, targetsRole)).toThrowError(code("tuf/key-id-differs"));
  });
});

describe("signature methods", () => {
  const rsa = testKey("rsa");
  const rsaSign = (padding: number, saltLength?: number) => (bytes: Uint8Array) =>
    Promise.resolve(
      sign("sha256", bytes, {
        key: rsa.privateKey,
        padding,
        ...(saltLength === undefined ? {} : { saltLength }),
      }),
    );
  const derSign = (bytes: Uint8Array) => Promise.resolve(sign("sha256", bytes, alice.privateKey));
  const sha384 = (bytes: Uint8Array) =>
    Promise.resolve(sign("sha384", bytes, { key: alice.privateKey, dsaEncoding: "ieee-p1363" }));

  test.for<readonly [string, TestKey, string, Signer["sign"], boolean]>([
    ["ecdsa", alice, "ecdsa", alice.signer.sign, true],
    ["ecdsa in DER", alice, "ecdsa", derSign, false],
    ["ecdsa with SHA-384", alice, "ecdsa", sha384, false],
    ["ecdsa called eddsa", alice, "eddsa", alice.signer.sign, false],
    ["a method in capitals", alice, "ECDSA", alice.signer.sign, false],
    ["rsapss", rsa, "rsapss", rsa.signer.sign, true],
    [
      "rsapss with the longest salt",
      rsa,
      "rsapss",
      rsaSign(constants.RSA_PKCS1_PSS_PADDING, 222),
      false,
    ],
    ["rsapss without salt", rsa, "rsapss", rsaSign(constants.RSA_PKCS1_PSS_PADDING, 0), false],
    ["rsapkcs1v15", rsa, "rsapkcs1v15", rsaSign(constants.RSA_PKCS1_PADDING), true],
    ["rsapkcs1v15 called rsapss", rsa, "rsapss", rsaSign(constants.RSA_PKCS1_PADDING), false],
    ["rsa called ecdsa", rsa, "ecdsa", rsa.signer.sign, false],
    ["an empty signature", alice, "ecdsa", () => Promise.resolve(new Uint8Array()), false],
    ["zeros", alice, "ecdsa", () => Promise.resolve(new Uint8Array(64)), false],
  ])("%s", async ([, key, method, signBytes, isValid]) => {
    const signer = { keyId: key.listed.id, method: method as Signer["method"], sign: signBytes };
    const envelope = decodeTargets(await composeFile(targetsFile(), [signer]), targetsRole);
    expect(signersOf(envelope, roleOf(1, key))).toHaveLength(isValid ? 1 : 0);
  });

  test.for(["P-256", "P-384", "P-521", "rsa", "ed25519"] as const)(
    "a key of kind %s signs",
    async (kind) => {
      const key = testKey(kind);
      const envelope = decodeTargets(await signed(targetsFile(), key), targetsRole);
      expect(signersOf(envelope, roleOf(1, key))).toEqual([key.listed.material.fingerprint]);
    },
  );
});

describe("the root chain", () => {
  test("a successor needs the old role and its own, and the next version", async () => {
    const repository = await testRepository(gun, now);
    const old = repository.root.keys;
    const first = verifyRoot(decodeRoot(await signRoot(repository)));
    repository.root.version = 2;
    repository.root.keys = [await certifiedKey({ name: gun, notBefore: now, notAfter: now + 1e9 })];
    const next = async (signers: readonly TestKey[]) =>
      decodeRoot(await signRoot(repository, signers));
    const both = [...old, ...repository.root.keys];
    expect(verifySuccessor(first, await next(both)).signed.version).toBe(2);
    for (const signers of [old, repository.root.keys, []]) {
      const root = await next(signers);
      expect(() => verifySuccessor(first, root)).toThrowError(code("tuf/root-chain"));
    }
    repository.root.version = 3;
    const third = await next(both);
    expect(() => verifySuccessor(first, third)).toThrowError(code("tuf/version"));
    expect(verifySuccessor(first, third, "any-later").signed.version).toBe(3);
    repository.root.version = 1;
    const same = await next(both);
    expect(() => verifySuccessor(first, same, "any-later")).toThrowError(code("tuf/version"));
  });

  test.for([
    [gun, true],
    ["registry.test/acme/*", true],
    ["*", true],
    ["registry.test/acme/we", false],
    ["registry.test/acme/web2", false],
    ["evil.test/*", false],
    ["", false],
  ] as const)("a certificate for %j vouches: %j", async ([name, isFor]) => {
    const repository = await testRepository(gun, now);
    repository.root.keys = [
      await certifiedKey({ name: name === "" ? "x" : name, notBefore: now, notAfter: now + 1e9 }),
    ];
    const root = decodeRoot(await signRoot(repository));
    const check = () => requireRootOf(gun, root, now);
    if (isFor) expect(check()).toBeUndefined();
    else expect(check).toThrowError(code("tuf/certificate-invalid"));
  });

  test("an authority's certificate, a future one and a past one do not", async () => {
    const repository = await testRepository(gun, now);
    const day = 86_400_000;
    for (const terms of [
      { notBefore: now, notAfter: now + day, isCa: true },
      { notBefore: now + 2 * day, notAfter: now + 3 * day },
      { notBefore: now - 2 * day, notAfter: now - day },
    ]) {
      repository.root.keys = [await certifiedKey({ name: gun, ...terms })];
      const root = decodeRoot(await signRoot(repository));
      expect(() => requireRootOf(gun, root, now)).toThrowError(code("tuf/certificate-invalid"));
    }
  });
});

describe("files that are none", () => {
  const delegations = (...roles: readonly JsonValue[]): Readonly<Record<string, JsonValue>> => ({
    delegations: { keys: {}, roles },
  });
  const child = { keyids: [], name: "targets/qa", paths: [""], threshold: 1 };

  test.for<readonly [string, Readonly<Record<string, JsonValue>>, string]>([
    ["another type", { _type: "targets" }, "tuf/invalid"],
    ["a root", { _type: "Root" }, "tuf/invalid"],
    ["version 0", { version: 0 }, "tuf/invalid"],
    ["version as text", { version: "1" }, "tuf/malformed"],
    ["no time", { expires: "tomorrow" }, "tuf/malformed"],
    ["null time", { expires: null }, "tuf/malformed"],
    ["targets as a list", { targets: [] }, "tuf/malformed"],
    ["a target without hashes", { targets: { a: { length: 1 } } }, "tuf/malformed"],
    ["a negative length", { targets: { a: { hashes: {}, length: -1 } } }, "tuf/malformed"],
    [
      "a short hash",
      { targets: { a: { hashes: { sha256: "AAAA" }, length: 1 } } },
      "tuf/malformed",
    ],
    ["a hash in hex", { targets: { a: { hashes: { sha256: "zz" }, length: 1 } } }, "tuf/malformed"],
    ["a grandchild", delegations({ ...child, name: "targets/a/b" }), "tuf/invalid"],
    ["itself", delegations({ ...child, name: "targets" }), "tuf/invalid"],
    ["capitals", delegations({ ...child, name: "targets/QA" }), "tuf/invalid"],
    ["dots", delegations({ ...child, name: "targets/.." }), "tuf/invalid"],
    ["one role twice", delegations(child, child), "tuf/malformed"],
    ["threshold 0", delegations({ ...child, threshold: 0 }), "tuf/invalid"],
    ["a key nobody lists", delegations({ ...child, keyids: ["ab"] }), "tuf/invalid"],
  ])("%s", async ([, changes, expected]) => {
    const file = await signed(targetsFile(changes), alice);
    expect(() => decodeTargets(file, targetsRole)).toThrowError(code(expected));
  });

  const around = (members: string, signatures = ""): string =>
    `{"signed":{"_type":"Targets","expires":"2029-01-01T00:00:00Z",${members}},"signatures":[${signatures}]}`;
  const oneSignature = '{"keyid":"a","method":"ecdsa","sig":""}';

  test.for([
    ["nothing", ""],
    ["null", "null"],
    ["a list", "[]"],
    ["an empty object", "{}"],
    ["no signatures", '{"signed":{}}'],
    ["a list that is signed", '{"signed":[],"signatures":[]}'],
    ["a member twice", around('"version":1,"version":1')],
    ["a member twice, once escaped", around('"version":1,"\\u0076ersion":2')],
    ["two payloads", '{"signed":{},"signed":{},"signatures":[]}'],
    ["more beside the payload", '{"signed":{},"signatures":[],"more":1}'],
    ["a prototype for a payload", '{"__proto__":{"signed":{}},"signatures":[]}'],
    ["nesting without end", `{"signed":${"[".repeat(10_000)}`],
    ["half a version", around('"version":1.5')],
    ["a version beyond counting", around('"version":1e300')],
    ["half a number somewhere", around('"version":1,"more":0.5')],
    ["a signature that is not base64", around('"version":1', oneSignature.replace('""', '"!"'))],
    ["too many signatures", around('"version":1', Array(65).fill(oneSignature).join(","))],
    ["a second document", `${around('"version":1')}{}`],
  ] as const)("%s", ([, file]) => {
    for (const decode of [
      decodeRoot,
      decodeSnapshot,
      decodeTimestamp,
      (bytes: Uint8Array) => decodeTargets(bytes, targetsRole),
    ])
      expect(() => decode(utf8(file))).toThrowError(
        expect.objectContaining({ code: expect.stringMatching(/^tuf\/(malformed|invalid)$/) }),
      );
  });

  test("a snapshot without root or targets, and a timestamp without snapshot", async () => {
    const base = { expires: "2029-01-01T00:00:00Z", meta: {}, version: 1 };
    const snapshot = await signed({ ...base, _type: "Snapshot" }, alice);
    expect(() => decodeSnapshot(snapshot)).toThrowError(code("tuf/invalid"));
    const timestamp = await signed({ ...base, _type: "Timestamp" }, alice);
    expect(() => decodeTimestamp(timestamp)).toThrowError(code("tuf/invalid"));
  });

  test("a target named __proto__ is a target", async () => {
    const targets = JSON.parse('{"__proto__":{"hashes":{},"length":1}}') as JsonValue;
    const file = await signed(targetsFile({ targets }), alice);
    const { signed: read } = verifyThreshold(decodeTargets(file, targetsRole), roleOf(1, alice));
    expect([...read.targets.keys()]).toEqual(["__proto__"]);
  });

  test("unknown members are part of what is signed", async () => {
    const file = await signed(targetsFile({ more: { deep: ["x"] } }), alice);
    const envelope = decodeTargets(file, targetsRole);
    expect(signersOf(envelope, roleOf(1, alice))).toHaveLength(1);
    const changed = decodeTargets(utf8(text(file).replace('"x"', '"y"')), targetsRole);
    expect(signersOf(changed, roleOf(1, alice))).toEqual([]);
  });
});

test.for([
  "targets/",
  "targets//a",
  "targets/a/",
  "targets/../a",
  "targets/A",
  "targets/a.b",
  "Root",
  "",
  `targets/${"a".repeat(250)}`,
])("%j is no role", (name) => {
  expect(() => parseRoleName(name)).toThrowError(code("tuf/role-invalid"));
});

test("any change of one byte of a signed file is refused", async () => {
  const role = roleOf(1, alice);
  const snapshot = { length: 3, sha256: "ab".repeat(32), sha512: "cd".repeat(64) };
  const file = await signed(timestampPayload({ version: 12, expires: now, snapshot }), alice);
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (index, difference) => {
      const changed = Uint8Array.from(file);
      changed[index] = (changed[index] ?? 0) ^ difference;
      expect(() => verifyThreshold(decodeTimestamp(changed), role)).toThrowError(
        expect.objectContaining({ code: expect.stringMatching(/^tuf\//) }),
      );
    }),
    { numRuns: 3_000 },
  );
});
