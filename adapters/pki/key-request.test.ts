import { expect, test } from "vitest";
import { createKeyRequest, pemKeyReader } from "#adapters/pki";
import { testKey } from "#domain/tuf/testing";
import type { SigningKey } from "#services/signer";

const o = { signal: new AbortController().signal };
const about = { account: "alice", registryHost: "localhost:8443" };

function signingKey(kind: Parameters<typeof testKey>[0]): SigningKey {
  const { listed, signer } = testKey(kind);
  const { id } = listed;
  return { id, role: "alice", location: "memory", publicKey: listed, sign: signer.sign };
}

test.for(["P-256", "P-384", "P-521"] as const)("a %s key proves whose it is", async (kind) => {
  const key = signingKey(kind);
  const pem = await createKeyRequest(key, about, o);
  expect(await pemKeyReader.readRequest(pem)).toMatchObject({
    fingerprint: key.publicKey.material.fingerprint,
    commonNames: ["alice"],
    organizations: ["localhost:8443"],
  });
});

test("an Ed25519 key makes no request", async () => {
  const made = createKeyRequest(signingKey("ed25519"), about, o);
  await expect(made).rejects.toMatchObject({ code: "signer/key-unsuitable" });
});
