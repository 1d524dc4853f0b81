/** Honest in-memory stores of the reader, and the suites that every one must pass. */
export { fileCacheSuite } from "./file-cache-suite.ts";
export { trustMemorySuite } from "./memory-suite.ts";
export { inMemoryTrustMemory } from "./memory.ts";
export { remoteStoreSuite } from "./store-suite.ts";
export { inMemoryFileCache, inMemoryRegistries } from "./stores.ts";
