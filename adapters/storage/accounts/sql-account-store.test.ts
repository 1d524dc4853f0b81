import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { parseAccountName } from "#domain/identity";
import { accountStoreSuite } from "#services/accounts/testing";
import { openDatabase, type Database } from "../database.ts";
import { sqlAccountStore } from "./sql-account-store.ts";

const opened: Database[] = [];
afterEach(async () => {
  for (const database of opened.splice(0)) await database.destroy();
});

accountStoreSuite(async () => {
  const database = await openDatabase(":memory:");
  opened.push(database);
  return sqlAccountStore(database);
});

test("what was stored is there after the file is opened again", async () => {
  const directory = await mkdtemp(join(tmpdir(), "countersign-"));
  const o = { signal: new AbortController().signal };
  try {
    const file = join(directory, "database.sqlite");
    const before = await openDatabase(file);
    const user = {
      name: parseAccountName("alice"),
      fullName: "Alice",
      isAdmin: true,
      isActive: true,
      permission: "full-control",
      createdAt: 1,
      passwordHash: "hash",
    } as const;
    await sqlAccountStore(before).createUser(user, o);
    await before.destroy();
    const after = await openDatabase(file);
    expect(await sqlAccountStore(after).user(user.name, o)).toEqual(user);
    await after.destroy();
  } finally {
    await rm(directory, { recursive: true });
  }
});
