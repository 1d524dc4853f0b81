import type { FileHandle } from "node:fs/promises";
import { Writable } from "node:stream";

type Done = (error?: Error | null) => void;

/**
 * Writes a stream into an open file from `position` on, one write at a time and in order. Unlike
 * `createWriteStream` it leaves the file open and can tell when its last write has landed, also after
 * the stream broke: only then is the file's length the truth.
 */
export class FileSink extends Writable {
  readonly #file: FileHandle;
  #position: number;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: FileHandle, position: number) {
    super({ highWaterMark: 1024 * 1024, decodeStrings: true });
    this.#file = file;
    this.#position = position;
  }

  /** Resolves when no write is under way. Call it when nothing more will be written. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#put([chunk], done);
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer; readonly encoding: BufferEncoding }[],
    done: Done,
  ): void {
    this.#put(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  #put(buffers: readonly Buffer[], done: Done): void {
    this.#writing = this.#writeAll(buffers).then(
      () => done(),
      (error: unknown) => done(error instanceof Error ? error : new Error("write failed")),
    );
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
