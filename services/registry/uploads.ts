import type { Readable } from "node:stream";
import type { AccountName } from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import type { Digest, RepositoryName } from "#domain/oci";
import { RegistryError } from "./errors.ts";
import type { KeyedLock } from "./keyed-lock.ts";
import type { BlobStore, RegistryStore, SizedBlob } from "./ports.ts";
import { newUploadId, type UploadId } from "./upload-id.ts";

export type UploadParts = {
  readonly blobs: BlobStore;
  readonly store: RegistryStore;
  readonly clock: Clock;
  readonly locks: KeyedLock<Digest>;
  readonly maxBlobBytes: number;
};

/** What a client sends of an upload. */
export type Part = {
  readonly body: Readable;
  /** Where it says its bytes lie, both ends included. */
  readonly range?: { readonly start: number; readonly end: number };
  /** How many bytes it says it sends. */
  readonly length?: number;
};

export type Finish = {
  readonly digest: Digest;
  readonly part?: Part;
  readonly by: AccountName | undefined;
};

/** Tidying up goes on for this long after a request that was called off. */
const cleanUpMs = 5_000;

/** Upload sessions. One belongs to the repository it was started in and can be gone on with only there. */
export function createUploads({ blobs, store, clock, locks, maxBlobBytes }: UploadParts) {
  async function open(repository: RepositoryName, id: UploadId, o: Options): Promise<void> {
    const upload = await store.upload(id, o);
    if (upload?.repository !== repository)
      throw new RegistryError("registry/upload-gone", "no such upload in this repository");
  }

  async function append(id: UploadId, part: Part, o: Options): Promise<number> {
    const { range, length } = part;
    const promised = range === undefined ? length : range.end - range.start + 1;
    if (range !== undefined && length !== undefined && promised !== length)
      throw differs("Content-Range and Content-Length differ");
    const start = range?.start ?? (await received(id, o));
    const room = maxBlobBytes - start;
    if (promised !== undefined && promised > room)
      throw new RegistryError("registry/blob-too-large", `more than ${maxBlobBytes} bytes`);
    const maxBytes = promised ?? room;
    const after = await blobs
      .append(id, { body: part.body, start, maxBytes }, o)
      .catch((error: unknown) => {
        const tooLarge = error instanceof RegistryError && error.code === "registry/blob-too-large";
        if (tooLarge && maxBytes < room) throw differs("more bytes came than were promised");
        throw error;
      });
    if (promised !== undefined && after - start !== promised)
      throw differs("fewer bytes came than were promised");
    return after;
  }

  async function received(id: UploadId, o: Options): Promise<number> {
    const bytes = await blobs.received(id, o);
    if (bytes === undefined) throw new RegistryError("registry/upload-gone", "no such upload");
    return bytes;
  }

  async function start(repository: RepositoryName, o: Options): Promise<UploadId> {
    const id = newUploadId();
    await store.openUpload({ id, repository, startedAt: clock() }, o);
    await blobs.begin(id, o);
    return id;
  }

  async function finish(
    repository: RepositoryName,
    id: UploadId,
    { digest, part, by }: Finish,
    o: Options,
  ): Promise<SizedBlob> {
    await open(repository, id, o);
    if (part !== undefined) await append(id, part, o);
    // Held until the blob is linked, so that a garbage collection cannot take it in between.
    return await locks.hold(digest, async () => {
      try {
        const size = await blobs.finish(id, digest, o);
        await store.linkBlob(repository, { digest, size }, { at: clock(), by }, o);
        return { digest, size };
      } finally {
        const cleanUp = { signal: AbortSignal.timeout(cleanUpMs) };
        if ((await blobs.received(id, cleanUp)) === undefined) await store.closeUpload(id, cleanUp);
      }
    });
  }

  async function cancel(repository: RepositoryName, id: UploadId, o: Options): Promise<void> {
    await open(repository, id, o);
    await blobs.discard(id, o);
    await store.closeUpload(id, o);
  }

  return {
    startUpload: start,
    cancelUpload: cancel,
    finishUpload: finish,

    /** How many bytes of an upload are kept. Throws `registry/upload-gone`. */
    async uploadedBytes(repository: RepositoryName, id: UploadId, o: Options): Promise<number> {
      await open(repository, id, o);
      return await received(id, o);
    },

    /** Adds a part; returns how many bytes are kept now. Throws as `BlobStore.append` does, and `registry/length-differs`. */
    async appendUpload(
      repository: RepositoryName,
      id: UploadId,
      part: Part,
      o: Options,
    ): Promise<number> {
      await open(repository, id, o);
      return await append(id, part, o);
    },

    /** A whole blob at once. Throws `registry/digest-differs`, `registry/blob-too-large`, `registry/length-differs`. */
    async putBlob(
      repository: RepositoryName,
      blob: Finish & { readonly part: Part },
      o: Options,
    ): Promise<SizedBlob> {
      const id = await start(repository, o);
      try {
        return await finish(repository, id, blob, o);
      } catch (error) {
        const cleanUp = { signal: AbortSignal.timeout(cleanUpMs) }; // the request's own may be what failed
        await cancel(repository, id, cleanUp).catch(() => {
          // It is gone already, or the garbage collection takes it later; what happened first counts.
        });
        throw error;
      }
    },
  };
}

function differs(message: string): RegistryError {
  return new RegistryError("registry/length-differs", message);
}
