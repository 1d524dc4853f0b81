import {
  fileCacheSuite,
  inMemoryFileCache,
  inMemoryRegistries,
  remoteStoreSuite,
} from "#services/reader/testing";

remoteStoreSuite("stores in memory", () =>
  Promise.resolve({
    cache: inMemoryFileCache(),
    registries: inMemoryRegistries(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }),
);

fileCacheSuite("a file cache in memory", () =>
  Promise.resolve({
    cache: inMemoryFileCache(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }),
);
