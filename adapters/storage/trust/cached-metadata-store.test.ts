import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseGun } from "#domain/oci";
import { targetsRole } from "#domain/tuf";
import { metadataStoreSuite } from "#services/trust/testing";
import type { MetadataStore, StoredFile } from "#services/trust";
import { expect, test } from "vitest";
import { openDatabase, type Database } from "../database.ts";
import { cachedMetadataStore } from "./cached-metadata-store.ts";
import { sqlMetadataStore } from "./metadata-store.ts";

const o = { signal: new AbortController().signal };
const { gun } = parseGun("registry.test/acme/web");

const cached = (database: Database) => cachedMetadataStore(sqlMetadataStore(database), database);

metadataStoreSuite("metadata in SQL, remembered", async () => {
  const database = await openDatabase(":memory:");
  return { part: cached(database), [Symbol.asyncDispose]: () => database.destroy() };
});

function version(number: number): StoredFile {
  const sha256 = String(number).padStart(64, "0");
  const bytes = new Uint8Array([number]);
  return { role: targetsRole, version: number, sha256, bytes, expiresAt: 1, storedAt: 2 };
}

test("what another process published is seen at once", async () => {
  const directory = await mkdtemp(join(tmpdir(), "countersign-cache-"));
  try {
    const file = join(directory, "database.sqlite");
    const [ours, theirs] = [await openDatabase(file), await openDatabase(file)];
    const [store, other] = [cached(ours), cached(theirs)];
    for (let number = 1; number <= 20; number += 1) {
      await other.publish(gun, { files: [version(number)], retired: [] }, o);
      expect((await store.current(gun, targetsRole, o))?.version).toBe(number);
      expect((await other.current(gun, targetsRole, o))?.version).toBe(number);
    }
    await other.remove(gun, 1, o);
    expect(await store.current(gun, targetsRole, o)).toBeUndefined();
    await ours.destroy();
    await theirs.destroy();
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a read that began before a publish leaves nothing old behind", async () => {
  const database = await openDatabase(":memory:");
  const store = cached(database);
  for (let number = 1; number <= 50; number += 1) {
    const early = store.current(gun, targetsRole, o);
    await store.publish(gun, { files: [version(number)], retired: [] }, o);
    expect((await store.current(gun, targetsRole, o))?.version).toBe(number);
    await early;
    expect((await store.current(gun, targetsRole, o))?.version).toBe(number);
  }
  await database.destroy();
});

test("whoever publishes at one time, what is remembered then is what is stored", async () => {
  const directory = await mkdtemp(join(tmpdir(), "countersign-cache-"));
  try {
    const file = join(directory, "database.sqlite");
    const databases = [await openDatabase(file), await openDatabase(file)] as const;
    const [ours, theirs] = [cached(databases[0]), cached(databases[1])];
    const plain = sqlMetadataStore(databases[0]);
    const sent = (store: MetadataStore, number: number) =>
      store.publish(gun, { files: [version(number)], retired: [] }, o).catch(() => undefined);
    for (let number = 1; number <= 120; number += 4) {
      await Promise.all([
        sent(ours, number + (number % 3)),
        sent(number % 8 === 1 ? theirs : ours, number + 1),
        ours.current(gun, targetsRole, o),
        sent(theirs, number + 2),
        sent(ours, number + 3),
      ]);
      const stored = await plain.current(gun, targetsRole, o);
      for (const store of [ours, theirs])
        expect((await store.current(gun, targetsRole, o))?.version).toBe(stored?.version);
    }
    for (const database of databases) await database.destroy();
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a role that is retired, or refused, is as the store has it", async () => {
  const database = await openDatabase(":memory:");
  const store = cached(database);
  await store.publish(gun, { files: [version(5)], retired: [] }, o);
  await expect(store.publish(gun, { files: [version(5)], retired: [] }, o)).rejects.toMatchObject({
    code: "trust/version-conflict",
  });
  expect((await store.current(gun, targetsRole, o))?.version).toBe(5);
  await store.publish(gun, { files: [], retired: [targetsRole] }, o);
  expect(await store.current(gun, targetsRole, o)).toBeUndefined();
  await store.publish(gun, { files: [version(1)], retired: [] }, o);
  expect((await store.current(gun, targetsRole, o))?.version).toBe(1);
  await database.destroy();
});
