import { createReadStream } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import type { Options } from "#domain/kernel";
import { entryName, linkTarget } from "./entry-name.ts";
import { fileError, ImagesError, malformed, tooLarge } from "./errors.ts";
import type { Limits } from "./limits.ts";

/** Where in an archive the bytes of a file are. */
export type Extent = { readonly offset: number; readonly bytes: number };
type Entry = Extent | { readonly link: string };

const maxLinks = 4;
/** For headers of one file, long names among them, and for what tools put at the end. */
const headerBytes = 65_536;

/**
 * Reads through a tar archive that is a file, and gives where each of its files is; a link is where it leads. Names
 * that lead out of it, that are there twice, and entries that are neither files, folders nor links are refused.
 */
export async function indexTar(
  path: string,
  limits: Limits,
  o: Options,
): Promise<ReadonlyMap<string, Extent>> {
  const entries = new Map<string, Entry>();
  const tar = extract();
  let bodyBytes = 0;
  let count = 0;
  tar.on("entry", (header, body, next) => {
    body.on("error", () => undefined); // the archive's own error says it
    try {
      count += 1;
      if (count > limits.maxEntries) throw tooLarge(`more than ${limits.maxEntries} entries`);
      add(entries, header, limits);
      body.on("data", (chunk) => void (bodyBytes += (chunk as Uint8Array).length));
      body.once("end", () => next());
      body.resume();
    } catch (error) {
      next(error instanceof Error ? error : new Error("the entry cannot be read"));
    }
  });
  let readBytes = 0;
  const guard = new Transform({
    highWaterMark: 1_048_576,
    transform(chunk: Buffer, _encoding, done) {
      readBytes += chunk.length;
      const around = readBytes - bodyBytes - 2 * guard.readableHighWaterMark;
      if (readBytes > limits.maxArchiveBytes) done(tooLarge("more bytes than we read"));
      else if (around > headerBytes * (count + 64))
        done(malformed("the archive is not a tar archive, or has too much around its files"));
      else done(null, chunk);
    },
  });
  try {
    const file = createReadStream(path, { highWaterMark: 1_048_576 });
    // A stream like Node's in all that is used here; its types have another root.
    await pipeline(file, guard, tar as unknown as NodeJS.WritableStream, { signal: o.signal });
  } catch (error) {
    o.signal.throwIfAborted();
    const known = fileError(error, "the archive");
    throw known instanceof ImagesError ? known : malformed("this is no tar archive", error);
  }
  return resolved(entries);
}

function add(entries: Map<string, Entry>, header: Header, limits: Limits): void {
  const { type, linkname, size } = header;
  if (type === "directory") return;
  if (Buffer.byteLength(header.name) > limits.maxNameBytes) throw malformed("a name is too long");
  const name = entryName(header.name);
  if (entries.has(name)) throw malformed("the archive has two files of one name");
  switch (type) {
    case "file":
    case "contiguous-file":
      entries.set(name, { offset: offsetOf(header), bytes: checkedSize(size, limits) });
      return;
    case "symlink":
      entries.set(name, { link: linkTarget(name, linkname) });
      return;
    case "link":
      entries.set(name, { link: entryName(linkname) });
      return;
    default:
      throw malformed("the archive has something that is neither file, folder nor link");
  }
}

function checkedSize(size: number, limits: Limits): number {
  if (!Number.isSafeInteger(size) || size < 0) throw malformed("a file has no size");
  if (size > limits.maxLayerBytes) throw tooLarge("a file that is larger than we read");
  return size;
}

/** Where the file's bytes begin; the library tells it, and its types do not say so. */
function offsetOf(header: Header): number {
  const offset: unknown = "byteOffset" in header ? header.byteOffset : undefined;
  if (typeof offset !== "number" || offset <= 0) throw new Error("tar-stream gives no offsets");
  return offset;
}

/** Links that lead to nothing, or in circles, are as if they were not there. */
function resolved(entries: ReadonlyMap<string, Entry>): ReadonlyMap<string, Extent> {
  const files = new Map<string, Extent>();
  for (const [name, first] of entries) {
    let entry: Entry | undefined = first;
    for (let hops = 0; entry !== undefined && "link" in entry && hops < maxLinks; hops += 1)
      entry = entries.get(entry.link);
    if (entry !== undefined && !("link" in entry)) files.set(name, entry);
  }
  return files;
}
