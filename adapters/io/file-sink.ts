import type { FileHandle } from "node:fs/promises";
import { Writable } from "node:stream";

type Done = (error?: Error | null) => void;

/** Small pieces are gathered: one write costs about as much as copying a few hundred of them. */
const batchBytes = 512 * 1024;

/**
 * Writes a stream into an open file from `position` on, in order, while the next pieces come in. Unlike
 * `createWriteStream` it leaves the file open and can tell when its last write has landed, also after
 * the stream broke: only then is the file's length the truth.
 */
export class FileSink extends Writable {
  readonly #file: FileHandle;
  #position: number;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor(file: FileHandle, position: number) {
    super({ highWaterMark: batchBytes, decodeStrings: true });
    this.#file = file;
    this.#position = position;
  }

  /** Resolves when all that was taken is written, or could not be. Call it when nothing more will come. */
  async idle(): Promise<void> {
    this.#flush();
    await this.#writing;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#gathered.push(chunk);
    this.#gatheredBytes += chunk.length;
    if (this.#gatheredBytes < batchBytes) {
      done();
      return;
    }
    const before = this.#writing;
    this.#flush();
    void before.then(() => done(this.#failure));
  }

  override _final(done: Done): void {
    void this.idle().then(() => done(this.#failure));
  }

  #flush(): void {
    const batch = this.#gathered;
    if (batch.length === 0) return;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#writing = this.#writing.then(async () => {
      if (this.#failure !== undefined) return; // a hole would follow
      try {
        await this.#writeAll(batch);
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error("the write failed");
      }
    });
  }

  async #writeAll(buffers: readonly Buffer[]): Promise<void> {
    let rest = buffers;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#file.writev(rest, this.#position);
      this.#position += bytesWritten;
      rest = dropBytes(rest, bytesWritten);
    }
  }
}

/** What is left of `buffers` after their first `count` bytes: a disk may take less than it was given. */
function dropBytes(buffers: readonly Buffer[], count: number): readonly Buffer[] {
  let left = count;
  return buffers.flatMap((buffer) => {
    const dropped = Math.min(left, buffer.length);
    left -= dropped;
    return dropped === buffer.length ? [] : [buffer.subarray(dropped)];
  });
}
