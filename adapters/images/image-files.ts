import { constants, createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Options } from "#domain/kernel";
import type { Content } from "#services/publisher";
import { fileError, malformed, tooLarge } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { indexTar } from "./tar-index.ts";

/** The files of a folder or an archive, by the names that images give them. */
export type ImageFiles = {
  /** Undefined where there is no such file. */
  find(name: string, o: Options): Promise<Content | undefined>;
};

const pieceBytes = 262_144;

/** Names are ours or digests: none of them leads out. What is not a plain file is not opened. */
export function folderFiles(folder: string): ImageFiles {
  return {
    async find(name, o) {
      o.signal.throwIfAborted();
      const path = join(folder, name);
      try {
        // Without waiting: a pipe would keep us until somebody writes into it.
        const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
        try {
          const found = await file.stat();
          if (!found.isFile()) throw malformed("the layout has something that is no file");
          return { bytes: found.size, open: () => part(path, 0, found.size) };
        } finally {
          await file.close();
        }
      } catch (error) {
        const isMissing =
          error instanceof Error &&
          "code" in error &&
          ["ENOENT", "ENOTDIR"].includes(String(error.code));
        if (isMissing) return undefined;
        throw fileError(error, "a file of the layout");
      }
    },
  };
}

/** The files in a tar archive that is a file itself. */
export async function archiveFiles(path: string, limits: Limits, o: Options): Promise<ImageFiles> {
  const extents = await indexTar(path, limits, o);
  return {
    find(name) {
      const extent = extents.get(name);
      if (extent === undefined) return Promise.resolve(undefined);
      const { offset, bytes } = extent;
      return Promise.resolve({ bytes, open: () => part(path, offset, bytes) });
    },
  };
}

function part(path: string, offset: number, bytes: number): Readable {
  if (bytes === 0) return Readable.from([]);
  const end = offset + bytes - 1;
  return createReadStream(path, { start: offset, end, highWaterMark: pieceBytes });
}

/** All of a small file. Throws `images/too-large`. */
export async function allOf(content: Content, maxBytes: number): Promise<Buffer> {
  if (content.bytes > maxBytes) throw tooLarge("a document that is larger than any we read");
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of content.open()) chunks.push(chunk as Buffer);
  } catch (error) {
    throw fileError(error, "a file of the image");
  }
  const whole = Buffer.concat(chunks);
  if (whole.length !== content.bytes) throw malformed("a file ends early");
  return whole;
}
