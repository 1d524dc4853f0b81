import { afterEach } from "vitest";
import { registryStoreSuite } from "#services/registry/testing";
import { openDatabase, type Database } from "../database.ts";
import { sqlRegistryStore } from "./sql-registry-store.ts";

const opened: Database[] = [];
afterEach(async () => {
  for (const database of opened.splice(0)) await database.destroy();
});

registryStoreSuite(async () => {
  const database = await openDatabase(":memory:");
  opened.push(database);
  return sqlRegistryStore(database);
});
