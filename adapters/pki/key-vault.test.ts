import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import { inMemorySealedKeyStore, keyVaultSuite } from "#services/trust/testing";
import { masterKeyOf, openSealed, sealBytes } from "./key-vault-seal.ts";
import { createKeyVault } from "./key-vault.ts";

const master = masterKeyOf(randomBytes(32));
const o = { signal: new AbortController().signal };
const { gun } = parseGun("registry.test/acme/web");

keyVaultSuite("sealed keys", () => {
  const part = createKeyVault({ store: inMemorySealedKeyStore(), master });
  return Promise.resolve({ part, [Symbol.asyncDispose]: () => Promise.resolve() });
});

test("nothing opens under another master key, and nothing of the key is in the error", async () => {
  const store = inMemorySealedKeyStore();
  const key = await createKeyVault({ store, master }).pending(gun, "timestamp", o);
  const stranger = createKeyVault({ store, master: masterKeyOf(randomBytes(32)) });
  await expect(stranger.signer(gun, "timestamp", key.id, o)).rejects.toMatchObject({
    code: "trust/key-lost",
  });
});

test("what is sealed opens only as it is, in its place", () => {
  const secret = new TextEncoder().encode("secret");
  const sealed = sealBytes(secret, { master, place: "here" });
  expect(Buffer.from(sealed).includes("secret")).toBe(false);
  expect([...openSealed(sealed, { master, place: "here" })]).toEqual([...secret]);
  expect(() => openSealed(sealed, { master, place: "there" })).toThrow("unable to authenticate");
  for (const index of sealed.keys()) {
    const changed = Uint8Array.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(() => openSealed(changed, { master, place: "here" })).toThrow("unable to authenticate");
  }
});

test("a master key has 32 bytes", () => {
  expect(() => masterKeyOf(randomBytes(16))).toThrow("32 bytes");
});
