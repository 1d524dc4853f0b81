import {
  inMemoryKeyVault,
  inMemoryMetadataStore,
  inMemorySealedKeyStore,
  keyVaultSuite,
  metadataStoreSuite,
  sealedKeyStoreSuite,
} from "#services/trust/testing";

const open =
  <Part>(make: () => Part) =>
  () =>
    Promise.resolve({ part: make(), [Symbol.asyncDispose]: () => Promise.resolve() });

metadataStoreSuite("metadata in memory", open(inMemoryMetadataStore));
sealedKeyStoreSuite("sealed keys in memory", open(inMemorySealedKeyStore));
keyVaultSuite("keys in memory", open(inMemoryKeyVault));
