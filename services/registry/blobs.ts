import type { Readable } from "node:stream";
import type { AccountName } from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import type { Digest, RepositoryName } from "#domain/oci";
import { RegistryError } from "./errors.ts";
import type { BlobMount, BlobStore, ByteRange, RegistryStore } from "./ports.ts";

export type BlobParts = {
  readonly blobs: BlobStore;
  readonly store: RegistryStore;
  readonly clock: Clock;
};

/** Blobs as a repository has them: one that only another repository has is unknown here. */
export function createBlobs({ blobs, store, clock }: BlobParts) {
  const unknown = (): RegistryError =>
    new RegistryError("registry/blob-unknown", "this repository has no such blob");

  async function blobSize(repository: RepositoryName, digest: Digest, o: Options): Promise<number> {
    const size = await store.blobSize(repository, digest, o);
    if (size === undefined) throw unknown();
    return size;
  }

  return {
    /** The size of a blob. Throws `registry/blob-unknown`. */
    blobSize,

    /**
     * The same for somebody who pushes and will not upload what is here already: garbage collection keeps
     * its hands off for another grace time. Throws `registry/blob-unknown`.
     */
    async reserveBlob(repository: RepositoryName, digest: Digest, o: Options): Promise<number> {
      const size = await store.touchBlob(repository, digest, clock(), o);
      if (size === undefined) throw unknown();
      return size;
    },

    /** Opens a blob, or the part of it in `range`. Throws `registry/blob-unknown`. */
    async readBlob(
      repository: RepositoryName,
      digest: Digest,
      range: ByteRange | undefined,
      o: Options,
    ): Promise<Readable> {
      await blobSize(repository, digest, o);
      return await blobs.read(digest, range, o);
    },

    /** Puts a blob of one repository into another. Returns false when the first has it not. */
    async mountBlob(mount: BlobMount, by: AccountName | undefined, o: Options): Promise<boolean> {
      return await store.mountBlob(mount, { at: clock(), by }, o);
    },

    /** Takes a blob out of a repository. Throws `registry/blob-unknown`, `registry/blob-in-use`. */
    async deleteBlob(repository: RepositoryName, digest: Digest, o: Options): Promise<void> {
      const removal = await store.unlinkBlob(repository, digest, o);
      if (removal === "unknown") throw unknown();
      if (removal === "in-use")
        throw new RegistryError("registry/blob-in-use", "a manifest here refers to this blob");
    },
  };
}
