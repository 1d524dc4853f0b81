import { remoteStoreSuite } from "#services/reader/testing";
import { openDatabase } from "../database.ts";
import { sqlFileCache } from "./file-cache.ts";
import { sqlRegistries } from "./registries.ts";

remoteStoreSuite("stores of other registries in SQL", async () => {
  const database = await openDatabase(":memory:");
  return {
    cache: sqlFileCache(database),
    registries: sqlRegistries(database),
    [Symbol.asyncDispose]: () => database.destroy(),
  };
});
