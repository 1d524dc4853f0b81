import type { Clock, Options } from "#domain/kernel";
import type { Digest } from "#domain/oci";
import { RegistryError } from "./errors.ts";
import type { KeyedLock } from "./keyed-lock.ts";
import type { BlobStore, RegistryStore } from "./ports.ts";

export type Garbage = {
  readonly expiredUploads: number;
  readonly unlinkedBlobs: number;
  readonly removedBlobs: number;
};

export type GarbageParts = {
  readonly blobs: BlobStore;
  readonly store: RegistryStore;
  readonly clock: Clock;
  readonly locks: KeyedLock<Digest>;
  /** Younger blobs stay: their manifest may be on its way. */
  readonly graceSeconds: number;
  readonly maxUploadAgeSeconds: number;
};

/** Takes away what nothing refers to, while pushes and pulls go on. Safe to run at any time, twice or not at all. */
export function createGarbageCollection(parts: GarbageParts) {
  const { blobs, store, clock, locks } = parts;
  return async (o: Options): Promise<Garbage> => {
    await blobs.recover(o);
    const now = clock();
    const expiredUploads = await expireUploads(parts, now - parts.maxUploadAgeSeconds * 1_000, o);
    const before = now - parts.graceSeconds * 1_000;
    const unlinkedBlobs = await store.unlinkUnneeded(before, o);
    let removedBlobs = 0;
    for await (const { digest, storedAt } of blobs.list(o)) {
      if (storedAt >= before) continue;
      removedBlobs += await locks.hold(digest, async () => {
        const isNeeded = (): Promise<boolean> => store.isLinked(digest, o);
        if (await isNeeded()) return 0;
        return Number(await blobs.remove(digest, { storedBefore: before, isNeeded }, o));
      });
    }
    return { expiredUploads, unlinkedBlobs, removedBlobs };
  };
}

async function expireUploads(
  { blobs, store }: GarbageParts,
  before: number,
  o: Options,
): Promise<number> {
  const expired = await store.uploadsStartedBefore(before, 1_000, o);
  let closed = 0;
  for (const { id } of expired) {
    try {
      await blobs.discard(id, o);
    } catch (error) {
      if (error instanceof RegistryError && error.code === "registry/upload-busy") continue;
      throw error;
    }
    await store.closeUpload(id, o);
    closed += 1;
  }
  return closed;
}
