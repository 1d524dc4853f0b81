import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, opendir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Clock, Options } from "#domain/kernel";
import { digestHex, isDigest, type Digest } from "#domain/oci";
import {
  RegistryError,
  UploadOffsetError,
  type BlobStore,
  type UploadId,
  type UploadPart,
} from "#services/registry";
import { createAside, type Aside } from "./aside.ts";
import { tryFileLock } from "./file-lock.ts";
import { ifMissing } from "./system-errors.ts";
import { FileSink, IoError, Meter, syncDirectory } from "#adapters/io";

export type DiskBlobStoreOptions = {
  readonly directory: string;
  readonly clock: Clock;
  /** Uploads that nobody went on with for this long are swept away when the store opens; default a week. */
  readonly maxIdleSeconds?: number;
};

/**
 * Blobs as files: `sha256/<two digits>/<64 digits>`, uploads in `uploads/` until they are whole. An upload
 * is its file, so it survives a crash at the length that reached the file; a blob appears by one rename,
 * after its bytes are on disk and were found to have the digest. Several processes may use one directory.
 */
export async function openDiskBlobStore(options: DiskBlobStoreOptions): Promise<BlobStore> {
  const { directory, clock, maxIdleSeconds = 7 * 86_400 } = options;
  const uploads = join(directory, "uploads");
  const content = join(directory, "sha256");
  const aside = join(directory, "aside");
  await mkdir(uploads, { recursive: true, mode: 0o700 });
  await mkdir(aside, { recursive: true, mode: 0o700 });
  for (const prefix of prefixes)
    await mkdir(join(content, prefix), { recursive: true, mode: 0o700 });
  await syncDirectory(content);
  await syncDirectory(directory);
  await sweep(uploads, clock() - maxIdleSeconds * 1_000);
  return new DiskBlobStore({ uploads, content, aside }, clock);
}

const prefixes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const maxRememberedHashes = 1_000;

class DiskBlobStore implements BlobStore {
  readonly #uploads: string;
  readonly #content: string;
  readonly #aside: Aside;
  readonly #clock: Clock;
  readonly #busy = new Set<UploadId>();
  /** Hashes of uploads as far as they go, so that finishing need not read the file again. */
  readonly #hashes = new Map<UploadId, { readonly hash: Hash; readonly bytes: number }>();

  constructor(folders: Readonly<Record<"uploads" | "content" | "aside", string>>, clock: Clock) {
    this.#uploads = folders.uploads;
    this.#content = folders.content;
    this.#aside = createAside(folders.aside, (digest) => this.#blobPath(digest));
    this.#clock = clock;
  }

  async begin(upload: UploadId, { signal }: Options): Promise<void> {
    signal.throwIfAborted();
    await withRoom(async () => await (await open(this.#uploadPath(upload), "wx", 0o600)).close());
    this.#remember(upload, createHash("sha256"), 0);
  }

  async received(upload: UploadId, { signal }: Options): Promise<number | undefined> {
    signal.throwIfAborted();
    return await sizeOf(this.#uploadPath(upload));
  }

  async append(upload: UploadId, part: UploadPart, o: Options): Promise<number> {
    return await this.#alone(upload, async (file) => {
      const { size: start } = await file.stat();
      if (part.start !== undefined && part.start !== start) throw new UploadOffsetError(start);
      const known = this.#hashes.get(upload);
      this.#hashes.delete(upload);
      const hash = known?.bytes === start ? known.hash : undefined;
      const meter = new Meter({ maxBytes: part.maxBytes, ...(hash === undefined ? {} : { hash }) });
      await this.#receive(file, start, { body: part.body, meter }, o);
      const bytes = start + meter.bytes;
      if (hash !== undefined) this.#remember(upload, hash, bytes);
      return bytes;
    });
  }

  async #receive(
    file: FileHandle,
    start: number,
    { body, meter }: { readonly body: Readable; readonly meter: Meter },
    { signal }: Options,
  ): Promise<void> {
    const sink = new FileSink(file, start);
    // The iterator leaves the request alive when we refuse it, so that the reply still reaches the client.
    const source: AsyncIterable<Buffer> = body.iterator({ destroyOnReturn: false });
    try {
      await pipeline(source, meter, sink, { signal });
    } catch (cause) {
      await sink.idle();
      if (cause instanceof IoError) {
        await file.truncate(start);
        throw new RegistryError("registry/blob-too-large", "the blob is too large", { cause });
      }
      throw cause;
    }
  }

  async finish(upload: UploadId, digest: Digest, { signal }: Options): Promise<number> {
    return await this.#alone(upload, async (file) => {
      const { size } = await file.stat();
      const known = this.#hashes.get(upload);
      this.#hashes.delete(upload);
      const hash =
        known?.bytes === size ? known.hash : await hashOf(this.#uploadPath(upload), signal);
      if (hash.digest("hex") !== digestHex(digest)) {
        await this.#forget(upload);
        throw new RegistryError("registry/digest-differs", "the content has another digest");
      }
      // Young from here on, whenever its bytes came: `remove` in any process keeps its hands off.
      const now = this.#clock() / 1_000;
      await file.utimes(now, now);
      await file.sync();
      signal.throwIfAborted();
      await rename(this.#uploadPath(upload), this.#blobPath(digest));
      await this.#forget(upload);
      await syncDirectory(dirname(this.#blobPath(digest)));
      return size;
    });
  }

  async discard(upload: UploadId, { signal }: Options): Promise<void> {
    signal.throwIfAborted();
    this.#hashes.delete(upload);
    await this.#held(upload, () => this.#forget(upload));
  }

  async size(digest: Digest, { signal }: Options): Promise<number | undefined> {
    signal.throwIfAborted();
    const blob = this.#blobPath(digest);
    const size = (await sizeOf(blob)) ?? (await sizeOf(this.#aside.pathOf(digest)));
    return size ?? (await sizeOf(blob)); // put back meanwhile
  }

  async read(
    digest: Digest,
    range: { readonly start: number; readonly end: number } | undefined,
    { signal }: Options,
  ): Promise<Readable> {
    signal.throwIfAborted();
    const blob = this.#blobPath(digest);
    const tryOpen = (path: string): Promise<FileHandle | undefined> =>
      open(path, "r").catch(ifMissing);
    const file =
      (await tryOpen(blob)) ?? (await tryOpen(this.#aside.pathOf(digest))) ?? (await tryOpen(blob)); // put back meanwhile
    if (file === undefined)
      throw new RegistryError("registry/blob-unknown", "the blob is not stored");
    return file.createReadStream({ ...range, highWaterMark: 512 * 1024, autoClose: true });
  }

  remove(digest: Digest, unless: Parameters<BlobStore["remove"]>[1], o: Options): Promise<boolean> {
    return this.#aside.remove(digest, unless, o);
  }

  recover(o: Options): Promise<void> {
    return this.#aside.recover(o);
  }

  async *list({ signal }: Options): ReturnType<BlobStore["list"]> {
    for (const prefix of prefixes) {
      for await (const entry of await opendir(join(this.#content, prefix))) {
        signal.throwIfAborted();
        const digest = `sha256:${entry.name}`;
        const found = await stat(join(this.#content, prefix, entry.name)).catch(ifMissing);
        if (isDigest(digest) && found !== undefined) yield { digest, storedAt: found.mtimeMs };
      }
    }
  }

  /** Runs `task` with the upload's file, and nothing else on that upload meanwhile. */
  async #alone<Value>(
    upload: UploadId,
    task: (file: FileHandle) => Promise<Value>,
  ): Promise<Value> {
    if ((await sizeOf(this.#uploadPath(upload))) === undefined) throw gone();
    const alone = async (): Promise<Value> => {
      const file = await open(this.#uploadPath(upload), "r+").catch(ifMissing);
      if (file === undefined) {
        await this.#forget(upload); // it went before we had the lock, whose file we have made again
        throw gone();
      }
      try {
        return await task(file);
      } finally {
        await file.close();
      }
    };
    return await withRoom(() => this.#held(upload, alone));
  }

  /** Runs `task` while nobody else works on that upload, here or in another process. */
  async #held<Value>(upload: UploadId, task: () => Promise<Value>): Promise<Value> {
    if (this.#busy.has(upload)) throw busy();
    this.#busy.add(upload);
    try {
      const lock = tryFileLock(this.#lockPath(upload));
      if (lock === undefined) throw busy();
      try {
        return await task();
      } finally {
        lock.release();
      }
    } finally {
      this.#busy.delete(upload);
    }
  }

  /** Only while it is held. The lock's file goes last: who comes later finds no upload. */
  async #forget(upload: UploadId): Promise<void> {
    await rm(this.#uploadPath(upload), { force: true });
    await rm(this.#lockPath(upload), { force: true });
  }

  #remember(upload: UploadId, hash: Hash, bytes: number): void {
    const [oldest] = this.#hashes.keys();
    if (oldest !== undefined && this.#hashes.size >= maxRememberedHashes)
      this.#hashes.delete(oldest);
    this.#hashes.set(upload, { hash, bytes });
  }

  #uploadPath(upload: UploadId): string {
    return join(this.#uploads, upload);
  }

  #lockPath(upload: UploadId): string {
    return join(this.#uploads, `${upload}.lock`);
  }

  #blobPath(digest: Digest): string {
    const hex = digestHex(digest);
    return join(this.#content, hex.slice(0, 2), hex);
  }
}

async function hashOf(path: string, signal: AbortSignal): Promise<Hash> {
  const hash = createHash("sha256");
  const stream = createReadStream(path, { highWaterMark: 1024 * 1024, signal });
  for await (const chunk of stream as AsyncIterable<Buffer>) hash.update(chunk);
  return hash;
}

async function sweep(uploads: string, before: number): Promise<void> {
  for await (const entry of await opendir(uploads)) {
    const path = join(uploads, entry.name);
    const found = await stat(path).catch(ifMissing);
    if (found !== undefined && found.mtimeMs < before) await rm(path, { force: true });
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(ifMissing))?.size;
}

/** Runs a step that writes. Throws `registry/storage-full` where the disk has no room for it. */
async function withRoom<Value>(step: () => Promise<Value>): Promise<Value> {
  try {
    return await step();
  } catch (cause) {
    throw isDiskFull(cause)
      ? new RegistryError("registry/storage-full", "no space is left for blobs", { cause })
      : cause;
  }
}

/** By the system's code, or by SQLite's, whose file a lock is. */
function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  const isSqliteFull = "errcode" in error && error.errcode === 13; // SQLITE_FULL
  return isSqliteFull || ["ENOSPC", "EDQUOT"].includes(code);
}

function gone(): RegistryError {
  return new RegistryError("registry/upload-gone", "no such upload");
}

function busy(): RegistryError {
  return new RegistryError("registry/upload-busy", "another part of this upload is being written");
}
