import { Readable } from "node:stream";
import type { Clock, Options } from "#domain/kernel";
import { digestOf, type Digest } from "#domain/oci";
import { RegistryError, UploadOffsetError } from "../errors.ts";
import type { BlobStore, UploadPart } from "../ports.ts";
import type { UploadId } from "../upload-id.ts";

/** A blob store that forgets everything with the process. */
export function memoryBlobStore(clock: Clock): BlobStore {
  const uploads = new Map<UploadId, Buffer>();
  const busy = new Set<UploadId>();
  const blobs = new Map<Digest, { readonly bytes: Buffer; readonly storedAt: number }>();

  function kept(upload: UploadId): Buffer {
    const bytes = uploads.get(upload);
    if (bytes === undefined) throw new RegistryError("registry/upload-gone", upload);
    if (busy.has(upload)) throw new RegistryError("registry/upload-busy", upload);
    return bytes;
  }

  async function append(upload: UploadId, part: UploadPart, { signal }: Options): Promise<number> {
    const before = kept(upload);
    if (part.start !== undefined && part.start !== before.length)
      throw new UploadOffsetError(before.length);
    busy.add(upload);
    try {
      let bytes = before;
      for await (const chunk of part.body.iterator({
        destroyOnReturn: false,
      }) as AsyncIterable<Buffer>) {
        signal.throwIfAborted();
        bytes = Buffer.concat([bytes, chunk]);
        const fits = bytes.length - before.length <= part.maxBytes;
        uploads.set(upload, fits ? bytes : before);
        if (!fits) throw new RegistryError("registry/blob-too-large", upload);
      }
      return bytes.length;
    } finally {
      busy.delete(upload);
    }
  }

  return {
    append,
    async begin(upload) {
      uploads.set(upload, await Promise.resolve(Buffer.alloc(0)));
    },
    received: (upload) => Promise.resolve(uploads.get(upload)?.length),
    async finish(upload, digest) {
      const bytes = await Promise.resolve(kept(upload));
      uploads.delete(upload);
      if (digestOf(bytes) !== digest) throw new RegistryError("registry/digest-differs", digest);
      blobs.set(digest, { bytes, storedAt: clock() });
      return bytes.length;
    },
    async discard(upload) {
      if (uploads.has(upload)) await Promise.resolve(kept(upload));
      uploads.delete(upload);
    },
    size: (digest) => Promise.resolve(blobs.get(digest)?.bytes.length),
    async read(digest, range) {
      const found = await Promise.resolve(blobs.get(digest));
      if (found === undefined) throw new RegistryError("registry/blob-unknown", digest);
      return Readable.from([
        range === undefined ? found.bytes : found.bytes.subarray(range.start, range.end + 1),
      ]);
    },
    async remove(digest, { storedBefore, isNeeded }) {
      if (await isNeeded()) return false;
      const found = blobs.get(digest);
      return found !== undefined && found.storedAt < storedBefore && blobs.delete(digest);
    },
    recover: () => Promise.resolve(),
    async *list() {
      for (const [digest, { storedAt }] of await Promise.resolve([...blobs]))
        yield { digest, storedAt };
    },
  };
}
