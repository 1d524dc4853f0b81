import {
  inMemoryKeyVault,
  inMemoryLeases,
  inMemoryMetadataStore,
  inMemorySealedKeyStore,
  keyVaultSuite,
  leasesSuite,
  metadataStoreSuite,
  sealedKeyStoreSuite,
  upkeepSuite,
} from "#services/trust/testing";

const open =
  <Part>(make: () => Part) =>
  () =>
    Promise.resolve({ part: make(), [Symbol.asyncDispose]: () => Promise.resolve() });

metadataStoreSuite("metadata in memory", open(inMemoryMetadataStore));
sealedKeyStoreSuite("sealed keys in memory", open(inMemorySealedKeyStore));
keyVaultSuite("keys in memory", open(inMemoryKeyVault));
leasesSuite("leases in memory", open(inMemoryLeases));
upkeepSuite(
  "upkeep in memory",
  open(() => ({ metadata: inMemoryMetadataStore(), keys: inMemorySealedKeyStore() })),
);
