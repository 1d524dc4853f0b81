import type { Gun, RegistryHost } from "#domain/oci";
import {
  ReaderError,
  type FileCache,
  type LastGood,
  type RegistryStore,
  type StoredRegistry,
} from "#services/reader";

/** Kept files that end with the process. */
export function inMemoryFileCache(): FileCache {
  const kept = new Map<Gun, LastGood & { readonly files: ReadonlyMap<string, Uint8Array> }>();
  return {
    file: (gun, sha256) => Promise.resolve(kept.get(gun)?.files.get(sha256)),
    lastGood(gun) {
      const found = kept.get(gun);
      return Promise.resolve(found && { timestamp: found.timestamp, at: found.at });
    },
    keep(gun, good) {
      kept.set(gun, { ...good, files: new Map(good.files) });
      return Promise.resolve();
    },
    touch(gun, at) {
      const found = kept.get(gun);
      if (found !== undefined && found.at < at) kept.set(gun, { ...found, at });
      return Promise.resolve();
    },
    forget(gun) {
      kept.delete(gun);
      return Promise.resolve();
    },
  };
}

/** Registries that are registered until the process ends. */
export function inMemoryRegistries(): RegistryStore {
  const registries = new Map<RegistryHost, StoredRegistry>();
  return {
    hosts: () => Promise.resolve([...registries.keys()].sort()),
    list: () =>
      Promise.resolve([...registries.values()].sort((a, b) => (a.host < b.host ? -1 : 1))),
    find: (host) => Promise.resolve(registries.get(host)),
    async add(registry) {
      await Promise.resolve();
      if (registries.has(registry.host))
        throw new ReaderError("reader/registry-taken", registry.host);
      registries.set(registry.host, registry);
    },
    remove: (host) => Promise.resolve(registries.delete(host)),
  };
}
