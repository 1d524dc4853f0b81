import { blobStoreSuite } from "./blob-store-suite.ts";
import { memoryBlobStore } from "./memory-blob-store.ts";

blobStoreSuite(() => Promise.resolve(memoryBlobStore(() => 1_000)));
