import { describe, expect, test } from "vitest";
import {
  composeFile,
  decodeTargets,
  meetsThreshold,
  signersOf,
  targetsPayload,
  targetsRole,
} from "#domain/tuf";
import type { KeyStore, SigningKey } from "#services/signer";

/** An empty store; `again` opens the same one anew, as the next run of a program does. */
export type KeyStoreUnderTest = AsyncDisposable & {
  readonly keys: KeyStore;
  readonly again: () => Promise<KeyStore>;
};

const o = { signal: new AbortController().signal };
const gun = "registry.test/acme/web";

/** What every `KeyStore` must do. */
export function keyStoreSuite(name: string, open: () => Promise<KeyStoreUnderTest>): void {
  describe(name, () => {
    test("an empty store holds nothing and opens nothing", async () => {
      await using opened = await open();
      expect(await opened.keys.list(o)).toEqual([]);
      expect(await opened.keys.open("00".repeat(32), o)).toBeUndefined();
      await opened.keys.remove("00".repeat(32), o);
    });

    test("a generated key is a P-256 key that is listed and opened by its canonical id", async () => {
      await using opened = await open();
      const made = await opened.keys.generate({ role: "targets", gun }, o);
      expect(made).toMatchObject({ role: "targets", gun });
      expect(made.id).toMatch(/^[0-9a-f]{64}$/);
      expect(made.publicKey).toMatchObject({ keytype: "ecdsa", id: made.id });
      expect(made.publicKey.material.canonicalId).toBe(made.id);
      expect(made.publicKey.material.ecdsaBytes).toBe(64);
      const [held] = await opened.keys.list(o);
      expect(held).toEqual({ id: made.id, role: "targets", gun, location: made.location });
      expect((await opened.keys.open(made.id, o))?.publicKey.public).toBe(made.publicKey.public);
    });

    test("what an opened key signs, its public key verifies, in the form of metadata files", async () => {
      await using opened = await open();
      const made = await opened.keys.generate({ role: "targets", gun }, o);
      expect(await signs(made)).toBe(true);
      const unlocked = await opened.keys.open(made.id, o);
      expect(await signs(unlocked)).toBe(true);
      expect(await signs(unlocked)).toBe(true); // more than once
    });

    test("a generated key is there, for the same purpose, when the store is opened again", async () => {
      await using opened = await open();
      const made = await opened.keys.generate({ role: "alice" }, o);
      const keys = await opened.again();
      expect(await keys.list(o)).toMatchObject([{ id: made.id, role: "alice" }]);
      const unlocked = await keys.open(made.id, o);
      expect(unlocked).toMatchObject({ id: made.id, role: "alice" });
      expect(unlocked?.gun).toBeUndefined();
      expect(unlocked?.publicKey.public).toBe(made.publicKey.public);
      expect(await signs(unlocked)).toBe(true);
    });

    test("root keys are listed first, then by repository, role and id", async () => {
      await using opened = await open();
      const purposes = [
        { role: "targets", gun: "registry.test/b" },
        { role: "snapshot", gun: "registry.test/b" },
        { role: "alice" },
        { role: "root" },
        { role: "targets", gun: "registry.test/a" },
        { role: "alice" },
      ];
      for (const purpose of purposes) await opened.keys.generate(purpose, o);
      const listed = await opened.keys.list(o);
      expect(listed.map(({ role, gun: of }) => `${of ?? "-"} ${role}`)).toEqual([
        "- root",
        "- alice",
        "- alice",
        "registry.test/a targets",
        "registry.test/b snapshot",
        "registry.test/b targets",
      ]);
      const [first, second] = listed.filter(({ role }) => role === "alice").map(({ id }) => id);
      expect((first ?? "") < (second ?? "")).toBe(true);
    });

    test("a removed key is gone, now and when the store is opened again, and the others stay", async () => {
      await using opened = await open();
      const gone = await opened.keys.generate({ role: "targets", gun }, o);
      const kept = await opened.keys.generate({ role: "snapshot", gun }, o);
      await opened.keys.remove(gone.id, o);
      for (const keys of [opened.keys, await opened.again()]) {
        expect(await keys.open(gone.id, o)).toBeUndefined();
        expect((await keys.list(o)).map(({ id }) => id)).toEqual([kept.id]);
      }
    });

    test("keys made at the same time are all kept", async () => {
      await using opened = await open();
      const purpose = { role: "delegation" };
      const made = await Promise.all([1, 2, 3, 4].map(() => opened.keys.generate(purpose, o)));
      const listed = (await opened.keys.list(o)).map(({ id }) => id);
      expect(listed).toEqual(made.map(({ id }) => id).toSorted());
    });
  });
}

async function signs(key: SigningKey | undefined): Promise<boolean> {
  if (key === undefined) return false;
  const dated = { version: 1, expires: 1_900_000_000_000 };
  const payload = { ...dated, targets: new Map(), keys: new Map(), delegations: [] };
  const sign = (message: Uint8Array) => key.sign(message);
  const bytes = await composeFile(targetsPayload(payload), [
    { keyId: key.id, method: "ecdsa", sign },
  ]);
  const role = { threshold: 1, keys: new Map([[key.id, key.publicKey]]) };
  return meetsThreshold(signersOf(decodeTargets(bytes, targetsRole), role), role);
}
