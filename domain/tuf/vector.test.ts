import { createPrivateKey, createPublicKey } from "node:crypto";
import { expect, test } from "vitest";
import {
  composeFile,
  decodeTargets,
  describeFile,
  parsePublicKey,
  publicKeyFromPem,
  signersOf,
  targetsPayload,
  targetsRole,
  verifyThreshold,
} from "#domain/tuf";

/** A file that Notary's own client wrote, and the (throw-away) key it was signed with. */
const file =
  '{"signed":{"_type":"Targets","delegations":{"keys":{},"roles":[]},"expires":"2029-11-21T07:39:40.407663821Z","targets":{},"version":1},"signatures":[{"keyid":"eb626546464440c014389f6f8738fce953d073fcda3b47fb038aa744f3937751","method":"ecdsa","sig":"RYcaGt5kLo9AJQSYXuL9YZQoopmVIsuSvAWOoEWx8Ac72M8tbHxE9P541pWsiQQVKMzXgoHHUaa3B1cP62o43A=="}]}';
const encryptedKey = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHuMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAjWufV9iHzTVQICCAAw
HQYJYIZIAWUDBAEqBBBRw0tFDu4UIl+x9V7hd1vmBIGgzIRm4JS0plbk9CFmyYHD
1HTIkGxcYIRLImPVhYxZUpw683CuSksKkM+ZRSUk/lrFrfHJQ42zptumXTLn83I5
1PdUjMP+L55nah0r4oouEwREH7lYNwnF+czMY+X1F9itiwe6m6ZBL46qzEB/X900
th8B+uRbn9upbpFsc1lFtARI5jAwCn+Gg+l6H4HDQndDfgrVBr6jFyNyssMJ+nie
hw==
-----END ENCRYPTED PRIVATE KEY-----
`;
const bytes = new TextEncoder().encode(file);
const privateKey = createPrivateKey({ key: encryptedKey, passphrase: "targpass1" });
const key = publicKeyFromPem(
  createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString(),
);
const role = { threshold: 1, keys: new Map([[key.id, key]]) };

test("the vector has its known hash, and its key its known id", () => {
  const sha256 = Buffer.from("lY+FopTkf0aWTpYMDwZe4k989Qda2Aqzr0yEOFl+xfU=", "base64");
  expect(describeFile(bytes)).toMatchObject({ length: 341, sha256: sha256.toString("hex") });
  expect(key.id).toBe("eb626546464440c014389f6f8738fce953d073fcda3b47fb038aa744f3937751");
});

test("the vector is signed by its key", () => {
  const envelope = decodeTargets(bytes, targetsRole);
  expect(signersOf(envelope, role)).toEqual([key.material.fingerprint]);
  expect(verifyThreshold(envelope, role).signed.version).toBe(1);
});

test("what we write is byte for byte what Notary writes", async () => {
  const { signed, signatures } = decodeTargets(bytes, targetsRole);
  const [signature] = signatures;
  const sign = (message: Uint8Array) => {
    expect(new TextDecoder().decode(message)).toBe(
      '{"_type":"Targets","delegations":{"keys":{},"roles":[]},"expires":"2029-11-21T07:39:40.407Z","targets":{},"version":1}',
    );
    return Promise.resolve(signature?.bytes ?? new Uint8Array());
  };
  const written = await composeFile(targetsPayload(signed), [
    { keyId: key.id, method: "ecdsa", sign },
  ]);
  // Our clock counts milliseconds: only the digits below them are lost.
  expect(new TextDecoder().decode(written)).toBe(file.replace(".407663821Z", ".407Z"));
});

test.for([
  [
    "ed25519",
    "0ajam+Pz0r9+paISbw72GnABWrroucn83RH+BKcuSq0=",
    "bf7cc885de3b1eb200ede3fadd8c56b16fd138c9f3a15fed3b9d92c18d72150e",
  ],
  [
    "ecdsa",
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+L6eGSAUynNkJVTFvu3yIWXNUlCGSSQUcSlyN5kG+qk+5pwsqMDZqvXZJkgrEUQVNYukIVm/Fjb8a1wEFe8cQQ==",
    "64a7568942a574caef4880088e4ca0fb92be69dda6f60e22682eadb7b238985a",
  ],
] as const)("the id of a known %s key", ([keytype, text, id]) => {
  const key = parsePublicKey({ keytype, keyval: { private: null, public: text } });
  expect(key.id).toBe(id);
  expect(key.material?.canonicalId).toBe(id);
});
