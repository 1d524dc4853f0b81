import { Transform, type Duplex, type TransformCallback } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { tooLarge } from "./errors.ts";
import type { Limits } from "./limits.ts";

export type Packing = "none" | "gzip" | "zstd";

/** What content is packed with, by how it begins. */
export function packingOf(start: Uint8Array): Packing {
  const begins = (...bytes: readonly number[]): boolean =>
    bytes.every((byte, at) => start[at] === byte);
  if (begins(0x1f, 0x8b)) return "gzip";
  return begins(0x28, 0xb5, 0x2f, 0xfd) ? "zstd" : "none";
}

/**
 * The streams that unpack content: what goes in is counted, and what comes out is refused when it is out of all
 * proportion to it. Throws `images/too-large` in the stream.
 */
export function unpacking(
  packing: Packing,
  { limits, maxBytes }: { readonly limits: Limits; readonly maxBytes: number },
): readonly Duplex[] {
  let packed = 0;
  const before = counting((bytes) => {
    packed = bytes;
  });
  const after = counting((bytes) => {
    if (bytes > maxBytes) throw tooLarge("more bytes than we read");
    if (packing !== "none" && bytes > limits.freeBytes + packed * limits.maxExpansion)
      throw tooLarge("content that unpacks to very much more");
  });
  switch (packing) {
    case "gzip":
      return [before, createGunzip({ chunkSize: 262_144 }), after];
    case "zstd":
      return [before, createZstdDecompress({ chunkSize: 262_144 }), after];
    case "none":
      return [after];
  }
}

function counting(look: (bytes: number) => void): Transform {
  let bytes = 0;
  return new Transform({
    highWaterMark: 262_144,
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      try {
        bytes += chunk.length;
        look(bytes);
        done(null, chunk);
      } catch (error) {
        done(error instanceof Error ? error : new Error("the content cannot be read"));
      }
    },
  });
}
