import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import { timestampRole } from "#domain/tuf";
import { trustMemorySuite } from "#services/reader/testing";
import {
  leasesSuite,
  metadataStoreSuite,
  sealedKeyStoreSuite,
  upkeepSuite,
} from "#services/trust/testing";
import { openDatabase, type Database } from "../database.ts";
import { sqlLeases } from "./leases.ts";
import { sqlMetadataStore } from "./metadata-store.ts";
import { sqlSealedKeyStore } from "./sealed-key-store.ts";
import { sqlTrustMemory } from "./trust-memory.ts";

async function open<Part>(make: (database: Database) => Part) {
  const database = await openDatabase(":memory:");
  return { part: make(database), [Symbol.asyncDispose]: () => database.destroy() };
}

metadataStoreSuite("metadata in SQL", () => open(sqlMetadataStore));
sealedKeyStoreSuite("sealed keys in SQL", () => open(sqlSealedKeyStore));
leasesSuite("leases in SQL", () => open(sqlLeases));
upkeepSuite("upkeep in SQL", () =>
  open((database) => ({
    metadata: sqlMetadataStore(database),
    keys: sqlSealedKeyStore(database),
  })),
);
trustMemorySuite("memory in SQL", async () => {
  const { part, ...opened } = await open(sqlTrustMemory);
  return { memory: part, ...opened };
});

test("what was published is there after the file is opened again", async () => {
  const directory = await mkdtemp(join(tmpdir(), "countersign-trust-"));
  const o = { signal: new AbortController().signal };
  const { gun } = parseGun("registry.test/acme/web");
  try {
    const database = join(directory, "database.sqlite");
    const first = await openDatabase(database);
    const bytes = new Uint8Array([0, 255, 10]);
    const file = {
      role: timestampRole,
      version: 1,
      sha256: "ab",
      bytes,
      expiresAt: 1,
      storedAt: 2,
    };
    await sqlMetadataStore(first).publish(gun, { files: [file], retired: [] }, o);
    await first.destroy();
    const second = await openDatabase(database);
    const found = await sqlMetadataStore(second).current(gun, timestampRole, o);
    expect([...(found?.bytes ?? [])]).toEqual([0, 255, 10]);
    await second.destroy();
  } finally {
    await rm(directory, { recursive: true });
  }
});
