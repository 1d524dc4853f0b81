/** Honest in-memory parts, and the suites that every filler of the trust ports must pass. */
export {
  inMemoryKeyVault,
  inMemoryLeases,
  inMemoryMetadataStore,
  inMemorySealedKeyStore,
} from "./stores.ts";
export { keyVaultSuite, metadataStoreSuite, sealedKeyStoreSuite } from "./suites.ts";
export { leasesSuite, upkeepSuite } from "./upkeep-suites.ts";
