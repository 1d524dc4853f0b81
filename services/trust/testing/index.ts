/** Honest in-memory parts, and the suites that every filler of the trust ports must pass. */
export { inMemoryKeyVault, inMemoryMetadataStore, inMemorySealedKeyStore } from "./stores.ts";
export { keyVaultSuite, metadataStoreSuite, sealedKeyStoreSuite } from "./suites.ts";
