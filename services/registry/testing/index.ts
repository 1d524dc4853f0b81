/** Suites that every store of the registry passes, and the memory stores that tests use. */
export { blobsIn, blobStoreSuite } from "./blob-store-suite.ts";
export { memoryBlobStore } from "./memory-blob-store.ts";
export { registryStoreSuite } from "./registry-store-suite.ts";
