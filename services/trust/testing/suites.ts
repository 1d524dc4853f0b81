import { describe, expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import {
  composeFile,
  parseRoleName,
  rootRole,
  targetsRole,
  timestampRole,
  verifyThreshold,
  type RoleName,
} from "#domain/tuf";
import { decodeTimestamp, describeFile, timestampPayload } from "#domain/tuf";
import type { KeyVault, MetadataStore, SealedKeyStore, StoredFile } from "#services/trust";

const o = { signal: new AbortController().signal };
const { gun } = parseGun("registry.test/acme/web");
const { gun: other } = parseGun("registry.test/acme/web/more");

function file(role: RoleName, version: number, content = `${role} ${version}`): StoredFile {
  const bytes = new TextEncoder().encode(content);
  const { sha256 } = describeFile(bytes);
  return { role, version, sha256, bytes, expiresAt: 2_000 + version, storedAt: 1_000 + version };
}

/** A part under test, and how it is put away. */
type Opened<Part> = AsyncDisposable & { readonly part: Part };

/** What every `MetadataStore` must do. */
export function metadataStoreSuite(name: string, open: () => Promise<Opened<MetadataStore>>): void {
  describe(name, () => {
    test("gives back what was published, newest first, by checksum and by version", async () => {
      await using opened = await open();
      const store = opened.part;
      const [one, two] = [file(targetsRole, 1), file(targetsRole, 12)];
      await store.publish(gun, { files: [one, file(timestampRole, 1)], retired: [] }, o);
      await store.publish(gun, { files: [two], retired: [] }, o);
      const current = await store.current(gun, targetsRole, o);
      expect({ ...current, bytes: Buffer.from(current?.bytes ?? []) }).toEqual({
        ...two,
        bytes: Buffer.from(two.bytes),
      });
      expect(await store.byChecksum(gun, targetsRole, one.sha256, o)).toMatchObject({ version: 1 });
      expect(await store.byVersion(gun, targetsRole, 12, o)).toMatchObject({ sha256: two.sha256 });
      expect(await store.byChecksum(gun, rootRole, one.sha256, o)).toBeUndefined();
      expect(await store.byVersion(gun, targetsRole, 2, o)).toBeUndefined();
      expect(await store.current(other, targetsRole, o)).toBeUndefined();
    });

    test.for([
      [3, "trust/version-conflict"],
      [2, "trust/version-conflict"],
    ] as const)(
      "version %i on top of version 3 is a conflict and stores nothing",
      async ([version, code]) => {
        await using opened = await open();
        const store = opened.part;
        await store.publish(gun, { files: [file(targetsRole, 3)], retired: [] }, o);
        const files = [file(timestampRole, 9), file(targetsRole, version, "other")];
        await expect(store.publish(gun, { files, retired: [] }, o)).rejects.toMatchObject({ code });
        expect(await store.current(gun, timestampRole, o)).toBeUndefined();
        expect(await store.changes({ gun, range: { after: 0 }, limit: 10 }, o)).toEqual([]);
      },
    );

    test("of many who publish the same version at once exactly one wins", async () => {
      await using opened = await open();
      const store = opened.part;
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) =>
          store.publish(gun, { files: [file(timestampRole, 1, `by ${index}`)], retired: [] }, o),
        ),
      );
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    test("a retired role begins again", async () => {
      await using opened = await open();
      const store = opened.part;
      const qa = parseRoleName("targets/qa");
      await store.publish(gun, { files: [file(qa, 5)], retired: [] }, o);
      await store.publish(gun, { files: [], retired: [qa] }, o);
      expect(await store.current(gun, qa, o)).toBeUndefined();
      await store.publish(gun, { files: [file(qa, 1)], retired: [] }, o);
      expect(await store.current(gun, qa, o)).toMatchObject({ version: 1 });
    });

    test("removing one repository leaves the one whose name only begins alike", async () => {
      await using opened = await open();
      const store = opened.part;
      for (const name of [gun, other])
        await store.publish(name, { files: [file(timestampRole, 1)], retired: [] }, o);
      expect(await store.guns(o)).toEqual([gun, other]);
      await store.remove(gun, 5_000, o);
      await store.remove(gun, 6_000, o);
      expect(await store.guns(o)).toEqual([other]);
      expect(await store.changes({ gun, range: { after: 0 }, limit: 10 }, o)).toMatchObject([
        { gun, version: 1, category: "update" },
        { gun, version: 0, sha256: "", category: "deletion", at: 5_000 },
      ]);
    });

    test("changes are told forwards and backwards, oldest first", async () => {
      await using opened = await open();
      const store = opened.part;
      for (const version of [1, 2, 3, 4])
        await store.publish(gun, { files: [file(timestampRole, version)], retired: [] }, o);
      await store.publish(other, { files: [file(timestampRole, 1)], retired: [] }, o);
      const ask = async (range: { after: number } | { before: number }, limit: number) =>
        (await store.changes({ gun: undefined, range, limit }, o)).map(({ id }) => id);
      expect(await ask({ after: 1 }, 2)).toEqual([2, 3]);
      expect(await ask({ before: 4 }, 2)).toEqual([2, 3]);
      expect(await ask({ before: Number.MAX_SAFE_INTEGER }, 2)).toEqual([4, 5]);
      const ours = await store.changes({ gun: other, range: { after: 0 }, limit: 9 }, o);
      expect(ours).toMatchObject([{ id: 5, gun: other }]);
    });
  });
}

/** What every `SealedKeyStore` must do. */
export function sealedKeyStoreSuite(
  name: string,
  open: () => Promise<Opened<SealedKeyStore>>,
): void {
  test(`${name}: keys are found again; the first unused one is the one to use`, async () => {
    await using opened = await open();
    const store = opened.part;
    const key = (keyId: string) =>
      ({
        gun,
        role: "snapshot",
        keyId,
        public: "AA==",
        sealed: new Uint8Array([1, 2]),
        masterKey: "",
      }) as const;
    await store.add(key("one"), o);
    await store.add(key("two"), o);
    expect(await store.unused(gun, "snapshot", o)).toMatchObject({ keyId: "one" });
    expect(await store.unused(gun, "timestamp", o)).toBeUndefined();
    expect(await store.unused(other, "snapshot", o)).toBeUndefined();
    await store.markUsed(gun, "snapshot", "one", o);
    expect(await store.unused(gun, "snapshot", o)).toMatchObject({ keyId: "two" });
    const found = await store.find(gun, "snapshot", "one", o);
    expect([...(found?.sealed ?? [])]).toEqual([1, 2]);
    expect(await store.find(gun, "timestamp", "one", o)).toBeUndefined();
  });
}

/** What every `KeyVault` must do. */
export function keyVaultSuite(name: string, open: () => Promise<Opened<KeyVault>>): void {
  describe(name, () => {
    test("a pending key stays the same until it signs, and is held afterwards", async () => {
      await using opened = await open();
      const vault = opened.part;
      const key = await vault.pending(gun, "timestamp", o);
      expect((await vault.pending(gun, "timestamp", o)).id).toBe(key.id);
      expect((await vault.pending(gun, "snapshot", o)).id).not.toBe(key.id);
      expect((await vault.pending(other, "timestamp", o)).id).not.toBe(key.id);
      const signer = await vault.signer(gun, "timestamp", key.id, o);
      if (signer === undefined) throw new Error("no signer");
      const snapshot = describeFile(new Uint8Array([1]));
      const bytes = await composeFile(timestampPayload({ version: 1, expires: 0, snapshot }), [
        signer,
      ]);
      const role = { threshold: 1, keys: new Map([[key.id, key]]) };
      expect(verifyThreshold(decodeTimestamp(bytes), role).signed.version).toBe(1);
      expect((await vault.pending(gun, "timestamp", o)).id).not.toBe(key.id);
      expect(await vault.held(gun, "timestamp", key.id, o)).toMatchObject({ id: key.id });
      expect(await vault.held(gun, "snapshot", key.id, o)).toBeUndefined();
      expect(await vault.signer(other, "timestamp", key.id, o)).toBeUndefined();
    });

    test("those who ask at once are given the same key", async () => {
      await using opened = await open();
      const asked = Array.from({ length: 4 }, () => opened.part.pending(gun, "timestamp", o));
      expect(new Set((await Promise.all(asked)).map(({ id }) => id)).size).toBe(1);
    });
  });
}
