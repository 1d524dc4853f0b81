import { createSecretKey, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import { inMemorySealedKeyStore, keyVaultSuite } from "#services/trust/testing";
import { masterKeyOf, type MasterKey } from "./key-vault-master.ts";
import { changeMasterKey, requireMasterKeys, type RotationStep } from "./key-vault-rotate.ts";
import { openSealed, sealBytes } from "./key-vault-seal.ts";
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
  const master = createSecretKey(randomBytes(32));
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

test("a master key's id tells keys apart, and is none of their bytes", () => {
  const bytes = randomBytes(32);
  const { id } = masterKeyOf(bytes);
  expect(id).toBe(masterKeyOf(Uint8Array.from(bytes)).id);
  expect(id).not.toBe(master.id);
  expect(bytes.toString("hex")).not.toContain(id);
});

test("a master key has 32 bytes", () => {
  expect(() => masterKeyOf(randomBytes(16))).toThrow("32 bytes");
});

describe("changing the master key", () => {
  const next = masterKeyOf(randomBytes(32));
  const ring = (...keys: readonly MasterKey[]) => {
    return (id: string) => Promise.resolve(keys.find((key) => key.id === id));
  };
  const secrets = { list: () => Promise.resolve([]), replace: () => Promise.resolve() };
  const change = (store: ReturnType<typeof inMemorySealedKeyStore>, stopAt?: number) => {
    const steps: RotationStep[] = [];
    const told = (step: RotationStep): void => {
      if (steps.push(step) === stopAt) throw new Error("the power is gone");
    };
    const parts = { store, master, otherMasters: ring(next), to: next, secrets, told };
    return changeMasterKey(parts, o).then(() => steps);
  };
  const filled = async (count: number) => {
    const store = inMemorySealedKeyStore();
    const vault = createKeyVault({ store, master });
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = parseGun(`registry.test/acme/web-${index}`).gun;
      ids.push((await vault.pending(name, "timestamp", o)).id);
    }
    const opens = async (parts: Parameters<typeof createKeyVault>[0]): Promise<void> => {
      const fresh = createKeyVault(parts);
      for (const [index, id] of ids.entries()) {
        const name = parseGun(`registry.test/acme/web-${index}`).gun;
        expect(await fresh.signer(name, "timestamp", id, o)).toBeDefined();
      }
    };
    return { store, opens };
  };

  test("seals every key again, and the old one opens none", async () => {
    const { store, opens } = await filled(230);
    expect(await change(store)).toEqual([
      { kind: "chosen" },
      { kind: "resealed", keys: 100 },
      { kind: "resealed", keys: 200 },
      { kind: "resealed", keys: 230 },
      { kind: "verified", keys: 230 },
    ]);
    expect([...(await store.masterKeys(o)).keys()]).toEqual([next.id]);
    await opens({ store, master: next });
    await expect(opens({ store, master })).rejects.toMatchObject({ code: "trust/key-lost" });
  });

  test.for([1, 2, 3, 4])(
    "broken off after step %i, every key opens; then it is finished",
    async (step) => {
      const { store, opens } = await filled(150);
      await expect(change(store, step)).rejects.toThrow("the power is gone");
      await opens({ store, master, otherMasters: ring(next) });
      await opens({ store, master: next, otherMasters: ring(master) });
      await change(store);
      await opens({ store, master: next });
    },
  );

  test("a server that runs meanwhile seals new keys under the new one", async () => {
    const { store } = await filled(1);
    const running = createKeyVault({ store, master, otherMasters: ring(next) });
    await change(store);
    const key = await running.pending(gun, "snapshot", o);
    expect(await store.find(gun, "snapshot", key.id, o)).toMatchObject({ masterKey: next.id });
    const blind = createKeyVault({ store, master });
    await expect(blind.pending(gun, "timestamp", o)).rejects.toMatchObject({
      code: "trust/key-lost",
    });
  });

  test("changes nothing while a master key in use is not there", async () => {
    const { store } = await filled(1);
    const stranger = masterKeyOf(randomBytes(32));
    const parts = {
      store,
      master: stranger,
      otherMasters: ring(),
      to: next,
      secrets,
      told: () => undefined,
    };
    await expect(changeMasterKey(parts, o)).rejects.toMatchObject({ code: "trust/key-lost" });
    expect(await store.masterKey(o)).toBeUndefined();
  });

  test("a server starts with every master key in use, or not at all", async () => {
    const { store } = await filled(3);
    const old = await store.page({ after: 0, limit: 9 }, o);
    // As they were before seals named their master key.
    await store.reseal(
      old.map((key) => ({ key, sealed: key.sealed, masterKey: "" })),
      o,
    );
    await expect(
      requireMasterKeys({ store, master: next, otherMasters: ring() }, o),
    ).rejects.toMatchObject({ code: "trust/key-lost" });
    await requireMasterKeys({ store, master, otherMasters: ring() }, o);
    expect(await store.masterKeys(o)).toEqual(new Map([[master.id, 3]]));
    expect(await store.masterKey(o)).toBe(master.id);
    await expect(
      requireMasterKeys({ store, master: next, otherMasters: ring() }, o),
    ).rejects.toMatchObject({ code: "trust/key-lost" });
  });
});
