/** Honest in-memory parts of the signing side, and the suites that every filler of its ports must pass. */
export { keyStoreSuite, type KeyStoreUnderTest } from "./key-store-suite.ts";
export { inMemoryKeyStore, type MemoryKeyStore } from "./key-store.ts";
export { localRepositorySuite, type LocalUnderTest } from "./local-repository-suite.ts";
export { inMemoryLocal } from "./local-repository.ts";
export { testCertifier } from "./certifier.ts";
