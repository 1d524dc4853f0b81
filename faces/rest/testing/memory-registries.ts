import { parseRegistryHost } from "#domain/oci";
import { createReader, createRegistries, type Registries } from "#services/reader";
import {
  inMemoryFileCache,
  inMemoryRegistries,
  inMemoryTrustMemory,
} from "#services/reader/testing";

/** Registries that are registered and never asked. */
export function memoryRegistries(): Registries {
  const nothing = {
    current: none,
    byChecksum: none,
    byVersion: none,
    close: () => Promise.resolve(),
  };
  const memory = inMemoryTrustMemory();
  const clock = (): number => 1_000;
  return createRegistries({
    ownHost: parseRegistryHost("localhost:8443"),
    own: createReader({ source: nothing, memory, clock }),
    store: inMemoryRegistries(),
    sealing: {
      seal: (secret) => Promise.resolve(secret.toReversed()),
      open: (sealed) => Promise.resolve(sealed.toReversed()),
    },
    connect: () => nothing,
    memory,
    cache: inMemoryFileCache(),
    clock,
  });
}

const none = (): Promise<undefined> => Promise.resolve(undefined);
