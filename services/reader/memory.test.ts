import { inMemoryTrustMemory, trustMemorySuite } from "#services/reader/testing";

trustMemorySuite("in memory", () =>
  Promise.resolve({
    memory: inMemoryTrustMemory(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }),
);
