import { createHash, type Hash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import { IoError } from "./errors.ts";

export type MeterOptions = {
  /** The most bytes to let through; one more ends the stream with `io/too-large`. */
  readonly maxBytes: number;
  /** A SHA-256 already begun, for content that comes in several streams. The meter updates it. */
  readonly hash?: Hash;
};

/** Passes bytes on unchanged; counts and hashes them on the way, and refuses those beyond the limit. */
export class Meter extends Transform {
  readonly #maxBytes: number;
  readonly #hash: Hash;
  #bytes = 0;

  constructor(options: MeterOptions) {
    super({ highWaterMark: 256 * 1024 });
    this.#maxBytes = options.maxBytes;
    this.#hash = options.hash ?? createHash("sha256");
  }

  /** How many bytes came through so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Hex SHA-256 of what came through so far; the stream may go on after it. */
  sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#bytes + chunk.length > this.#maxBytes) {
      done(new IoError("io/too-large", `more than ${this.#maxBytes} bytes`));
      return;
    }
    this.#bytes += chunk.length;
    this.#hash.update(chunk);
    done(undefined, chunk);
  }
}
