import { createHash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import { digestHex, type Digest } from "#domain/oci";
import { PublisherError } from "./errors.ts";
import type { Content } from "./ports.ts";

/** The same content; its last piece comes only when all of it is known to be what the digest says. */
export function checked(content: Content, digest: Digest): Content {
  return {
    bytes: content.bytes,
    open: () => {
      const source = content.open();
      const checking = new Checking(digest);
      source.once("error", (error) => checking.destroy(error));
      checking.once("close", () => source.destroy());
      return source.pipe(checking);
    },
  };
}

class Checking extends Transform {
  readonly #digest: Digest;
  readonly #hash = createHash("sha256");
  #held: Buffer | undefined;

  constructor(digest: Digest) {
    super({ highWaterMark: 256 * 1024 });
    this.#digest = digest;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const before = this.#held;
    this.#hash.update(chunk);
    this.#held = chunk;
    done(null, before);
  }

  override _flush(done: TransformCallback): void {
    const isSame = this.#hash.digest("hex") === digestHex(this.#digest);
    if (isSame) done(null, this.#held);
    else
      done(
        new PublisherError(
          "publisher/content-differs",
          `${this.#digest} is not what it is said to be`,
        ),
      );
  }
}
