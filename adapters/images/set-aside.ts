import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Options } from "#domain/kernel";
import { fileError, ImagesError, malformed } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { packingOf, unpacking } from "./packing.ts";
import type { WorkFolder } from "./work-folder.ts";

/** An archive: a file, or a stream of which there is only one reading. */
export type ArchiveInput = { readonly path: string } | { readonly stream: Readable };

type Place = {
  readonly work: WorkFolder;
  readonly limits: Limits;
  /** Told how many bytes have been put aside. */
  readonly onRead?: ((bytes: number) => void) | undefined;
};

/**
 * The archive as a plain file that can be read anywhere: itself where it is one, else a copy, unpacked, in the work
 * folder. Throws an `ImagesError`.
 */
export async function plainArchive(input: ArchiveInput, place: Place, o: Options): Promise<string> {
  if ("path" in input) {
    const { isPlain, start } = await beginning(input.path);
    if (isPlain && packingOf(start) === "none") return input.path;
  }
  const stream = "path" in input ? createReadStream(input.path) : input.stream;
  return await copy(stream, place, o);
}

async function beginning(path: string): Promise<{ isPlain: boolean; start: Uint8Array }> {
  try {
    const file = await open(path);
    try {
      const found = await file.stat();
      if (found.isDirectory())
        throw new ImagesError("images/unreadable", "the archive is a folder");
      if (!found.isFile()) return { isPlain: false, start: new Uint8Array() };
      const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
      return { isPlain: true, start: buffer.subarray(0, bytesRead) };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, "the archive");
  }
}

async function copy(
  stream: Readable,
  { work, limits, onRead }: Place,
  o: Options,
): Promise<string> {
  const path = work.newPath();
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  try {
    const first: Buffer[] = [];
    for (let bytes = 0; bytes < 4;) {
      const piece = await pieces.next();
      if (piece.done === true) break;
      first.push(Buffer.from(piece.value));
      bytes += piece.value.length;
    }
    const start = Buffer.concat(first);
    const unpack = unpacking(packingOf(start), { limits, maxBytes: limits.maxArchiveBytes });
    const whole = async function* (): AsyncGenerator<Buffer> {
      yield start;
      for (let bytes = start.length; ; onRead?.(bytes)) {
        const piece = await pieces.next();
        if (piece.done === true) return;
        bytes += piece.value.length;
        yield piece.value;
      }
    };
    const target = createWriteStream(path, { flags: "wx", mode: 0o600, highWaterMark: 1_048_576 });
    await pipeline([Readable.from(whole()), ...unpack, target], { signal: o.signal });
    return path;
  } catch (error) {
    o.signal.throwIfAborted();
    throw brokenOff(brokenPacking(fileError(error, "the archive")));
  } finally {
    stream.destroy();
  }
}

/** What a connection says of itself when it ends in the middle. */
function brokenOff(error: unknown): unknown {
  if (error instanceof ImagesError || !(error instanceof Error) || !("code" in error)) return error;
  const what = "the archive breaks off before its end";
  return new ImagesError("images/unreadable", what, { cause: error });
}

/** What the unpacker says of content that is not what it began as. */
export function brokenPacking(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^(?:Z_|ZSTD_|ERR_ZSTD)/.test(code) ? malformed("packed content is broken", error) : error;
}
