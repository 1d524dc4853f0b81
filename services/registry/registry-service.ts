import type { Clock } from "#domain/kernel";
import type { Digest } from "#domain/oci";
import { createBlobs } from "./blobs.ts";
import { createGarbageCollection } from "./collect-garbage.ts";
import { createKeyedLock } from "./keyed-lock.ts";
import { createManifests } from "./manifests.ts";
import type { BlobStore, RegistryStore } from "./ports.ts";
import { createRepositories } from "./repositories.ts";
import { createUploads } from "./uploads.ts";

export type RegistryParts = {
  readonly blobs: BlobStore;
  readonly store: RegistryStore;
  readonly clock: Clock;
  /** Largest blob taken; default 100 GiB. */
  readonly maxBlobBytes?: number;
  /** How long a blob may wait for its manifest before garbage collection takes it; default a day. */
  readonly graceSeconds?: number;
  /** How long an upload may stay open; default a week. */
  readonly maxUploadAgeSeconds?: number;
};

export type RegistryService = ReturnType<typeof createRegistryService>;

/** Blobs, uploads, manifests, tags and referrers of all repositories. Who may do it was asked before. */
export function createRegistryService(parts: RegistryParts) {
  const locks = createKeyedLock<Digest>();
  return {
    ...createUploads({ ...parts, locks, maxBlobBytes: parts.maxBlobBytes ?? 100 * 2 ** 30 }),
    ...createBlobs(parts),
    ...createManifests(parts),
    ...createRepositories(parts),
    collectGarbage: createGarbageCollection({
      ...parts,
      locks,
      graceSeconds: parts.graceSeconds ?? 86_400,
      maxUploadAgeSeconds: parts.maxUploadAgeSeconds ?? 7 * 86_400,
    }),
  };
}
