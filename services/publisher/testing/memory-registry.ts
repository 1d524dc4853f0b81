import { buffer } from "node:stream/consumers";
import { digestOf, type Digest } from "#domain/oci";
import type { ImageRegistry } from "../ports.ts";

export type MemoryRegistry = ImageRegistry & {
  readonly blobs: Map<Digest, Buffer>;
  readonly manifests: Map<Digest, Uint8Array>;
  readonly tags: Map<string, Digest>;
  /** `acme/api sha256:…`: what other repositories have. */
  readonly elsewhere: Set<string>;
  /** How many blobs it takes before it is gone. */
  failAfter: number;
  onPush: () => void;
};

/** One repository of a registry that checks what it is given. */
export function memoryRegistry(): MemoryRegistry {
  const registry: MemoryRegistry = {
    blobs: new Map(),
    manifests: new Map(),
    tags: new Map(),
    elsewhere: new Set(),
    failAfter: Number.POSITIVE_INFINITY,
    onPush: () => undefined,
    hasBlob: (_repository, digest, { signal }) => {
      signal.throwIfAborted();
      return Promise.resolve(registry.blobs.has(digest));
    },
    async pushBlob(_repository, { digest, open, progress }, { signal }) {
      registry.onPush();
      signal.throwIfAborted();
      if (registry.failAfter <= 0) throw new Error("the registry is gone");
      registry.failAfter -= 1;
      const bytes = await buffer(open());
      if (digestOf(bytes) !== digest) throw new Error("the digest differs");
      progress?.(bytes.length);
      registry.blobs.set(digest, bytes);
    },
    mountBlob(_repository, { digest, from }) {
      const isThere = registry.elsewhere.has(`${from} ${digest}`);
      if (isThere) registry.blobs.set(digest, Buffer.of());
      return Promise.resolve(isThere);
    },
    pushManifest(_repository, { tag, bytes }, { signal }) {
      signal.throwIfAborted();
      const digest = digestOf(bytes);
      registry.manifests.set(digest, bytes);
      if (tag !== undefined) registry.tags.set(tag, digest);
      return Promise.resolve(digest);
    },
  };
  return registry;
}
