import {
  inMemoryKeyStore,
  inMemoryLocal,
  keyStoreSuite,
  localRepositorySuite,
} from "#services/signer/testing";

const nothing = { [Symbol.asyncDispose]: () => Promise.resolve() };

keyStoreSuite("keys in memory", () => {
  const keys = inMemoryKeyStore();
  return Promise.resolve({ keys, again: () => Promise.resolve(keys), ...nothing });
});

localRepositorySuite("repositories in memory", () => {
  const local = inMemoryLocal();
  return Promise.resolve({ local, again: () => Promise.resolve(local), ...nothing });
});
