import { once } from "node:events";
import { finished, PassThrough, pipeline, Readable, type Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { extract, pack, type Header, type Pack } from "tar-stream";
import { EngineApiError } from "#domain/engine-api";

export type ContextRules = {
  /** Where the Dockerfile is, as `contextPath` gives it. */
  readonly path: string;
  /** What goes to the engine in its place. What it throws ends the stream: the engine gets no whole archive. */
  readonly replace: (dockerfile: Uint8Array) => Promise<Uint8Array>;
};

const maxEntries = 1_000_000;
const maxNameBytes = 4_096;
const maxDockerfileBytes = 1_048_576;

/**
 * A build's archive as the engine gets it: every entry written anew, and last of all the Dockerfile as
 * it was judged, which the engine thus finds under its name whatever came before. `archive` is read, and
 * never destroyed: an answer may have to go over its connection.
 */
export function rewriteContext(archive: Readable, rules: ContextRules): Readable {
  const tar = pack();
  const output = new PassThrough();
  const stop = new AbortController();
  finished(output, () => stop.abort(new Error("nobody reads the archive any more")));
  tar.on("data", (chunk) => void output.write(chunk));
  tar.on("end", () => void output.end());
  tar.on("error", (error: Error) => void output.destroy(error));
  copy(archive, { tar, output }, rules, stop.signal).catch((error: unknown) => {
    output.destroy(error instanceof Error ? error : new Error("the archive cannot be read"));
    tar.destroy();
  });
  return output;
}

type Written = { readonly tar: Pack; readonly output: PassThrough };

/** Waits until the engine has taken most of what was written. */
async function taken({ output }: Written, signal: AbortSignal): Promise<void> {
  if (output.writableNeedDrain) await once(output, "drain", { signal });
  signal.throwIfAborted();
}

/** A path in the archive in its one form; undefined for one that leads out of it. */
export function contextPath(written: string): string | undefined {
  const segments = written.split("/").filter((segment) => segment !== "" && segment !== ".");
  const isOutside = segments.includes("..") || written.includes("\0");
  return isOutside || Buffer.byteLength(written) > maxNameBytes ? undefined : segments.join("/");
}

async function copy(
  archive: Readable,
  to: Written,
  { path, replace }: ContextRules,
  signal: AbortSignal,
): Promise<void> {
  const reader = extract();
  // A stream like Node's in all that is used here; its types have another root.
  const failed = feed(archive, reader as unknown as NodeJS.WritableStream, signal);
  const found: Dockerfiles = new Map();
  let count = 0;
  try {
    for await (const entry of reader) {
      count += 1;
      if (count > maxEntries) throw malformed(`it has more than ${maxEntries} entries`);
      const header = canonical(entry.header);
      refuseLinkTo(path, header);
      const isFile = header.type === "file";
      if (isFile && isDockerfile(header.name, path)) {
        const bytes = await readAll(entry as AsyncIterable<Uint8Array>);
        found.set(header.name, { header, bytes });
        to.tar.entry({ ...header, size: bytes.length }, Buffer.from(bytes));
      } else if (isFile) await copyFile(entry as AsyncIterable<Uint8Array>, header, to, signal);
      else {
        to.tar.entry(header);
        entry.resume();
      }
      await taken(to, signal);
    }
  } catch (error) {
    const broken = await failed;
    throw error instanceof EngineApiError ? error : (broken ?? readable(error));
  }
  const broken = await failed;
  if (broken !== undefined) throw broken;
  await writeDockerfile(to.tar, found, { path, replace });
  to.tar.finalize();
}

type Dockerfiles = Map<string, { readonly header: Header; readonly bytes: Uint8Array }>;

/** Like the engine, takes `dockerfile` where there is no `Dockerfile`. */
async function writeDockerfile(tar: Pack, found: Dockerfiles, rules: ContextRules): Promise<void> {
  const { path, replace } = rules;
  const asked = found.get(path) ?? found.get(path.toLowerCase());
  if (asked === undefined)
    throw new EngineApiError(
      "engine-api/dockerfile-unclear",
      `Cannot locate specified Dockerfile: ${path.slice(0, 200)}`,
    );
  const bytes = await replace(asked.bytes);
  tar.entry({ ...asked.header, name: path, size: bytes.length }, Buffer.from(bytes));
}

function isDockerfile(name: string, path: string): boolean {
  return name === path || (path === "Dockerfile" && name === "dockerfile");
}

/** Passes the archive's bytes to its reader, decompressed; gives what went wrong, once it is over. */
async function feed(
  archive: Readable,
  reader: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<Error | undefined> {
  const fail = (error: Error): Error => {
    reader.end();
    (reader as unknown as { destroy(error: Error): void }).destroy(error);
    return error;
  };
  const begun = await headOf(archive).catch((error: unknown) => readable(error));
  if (begun instanceof Error) return fail(begun);
  const { head, rest } = begun;
  const unpack = decompressor(head);
  if (unpack instanceof Error) return fail(unpack);
  const bytes = Readable.from(rest, { objectMode: false });
  return new Promise((resolve) => {
    pipeline(bytes, unpack, reader, (error) => {
      signal.removeEventListener("abort", stopFeeding);
      resolve(error === null || error === undefined ? undefined : readable(error));
    });
    const stopFeeding = (): void => void bytes.destroy(new Error("nobody reads the archive"));
    signal.addEventListener("abort", stopFeeding, { once: true });
    if (signal.aborted) stopFeeding();
  });
}

const headBytes = 6;

async function headOf(
  archive: Readable,
): Promise<{ readonly head: Buffer; readonly rest: AsyncIterable<Buffer> }> {
  const chunks = archive.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  let head: Buffer = Buffer.alloc(0);
  while (head.length < headBytes) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const first = head;
  async function* all(): AsyncGenerator<Buffer> {
    if (first.length > 0) yield first;
    // Not `yield*`: a reader's failure, passed on to them, would end the connection.
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
      yield next.value;
  }
  return { head, rest: all() };
}

/** What the engine would unpack the archive with (its magic numbers), as far as we can. */
function decompressor(head: Buffer): Transform | Error {
  const starts = (hex: string): boolean => head.toString("hex").startsWith(hex);
  if (starts("1f8b08")) return createGunzip();
  if (starts("28b52ffd")) return createZstdDecompress();
  if (starts("425a68") || starts("fd377a585a00"))
    return malformed("it is compressed with bzip2 or xz; send it plain, or compressed with gzip");
  return new PassThrough();
}

async function copyFile(
  body: AsyncIterable<Uint8Array>,
  header: Header,
  to: Written,
  signal: AbortSignal,
): Promise<void> {
  const sink = to.tar.entry(header);
  for await (const chunk of body) {
    sink.write(chunk);
    await taken(to, signal);
  }
  const isDone = new Promise<void>((resolve, reject) => {
    sink.on("finish", () => resolve());
    sink.on("close", () => reject(new Error("the archive breaks off")));
  });
  sink.end(undefined);
  await isDone;
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxDockerfileBytes)
      throw malformed(`the Dockerfile is larger than ${maxDockerfileBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Extended headers that mean something for a file itself; its name and size are in its header already. */
const KEPT = /^(?:mtime|SCHILY\.xattr\..+)$/;

/** A header in the form in which it is written: a clean name, and only what the engine is meant to see. */
function canonical(header: Header): Header {
  const name = contextPath(header.name);
  if (name === undefined) throw malformed("an entry's name leads out of it");
  const type = header.type === "contiguous-file" ? "file" : header.type;
  switch (type) {
    case "file":
    case "link":
    case "symlink":
    case "directory":
    case "fifo":
      break;
    default:
      throw malformed(`${name.slice(0, 200)} is a device, or of a kind that is not known here`);
  }
  if (!Number.isSafeInteger(header.size) || header.size < 0)
    throw malformed(`${name.slice(0, 200)} has no size`);
  const pax = Object.entries(header.pax ?? {}).filter(([key]) => KEPT.test(key));
  if (Object.keys(header.pax ?? {}).some((key) => key.startsWith("GNU.sparse")))
    throw malformed(`${name.slice(0, 200)} is a sparse file: send it whole`);
  return {
    ...header,
    name: name === "" ? "." : name,
    linkname: type === "link" ? linkPath(header.linkname) : header.linkname,
    type,
    size: type === "file" ? header.size : 0,
    pax: pax.length === 0 ? null : Object.fromEntries(pax),
  };
}

function linkPath(linkname: string): string {
  const path = contextPath(linkname);
  if (path === undefined) throw malformed("a link leads out of it");
  return path;
}

/** What stands in the Dockerfile's place is written last, so that only a link on the way to it could lead elsewhere. */
function refuseLinkTo(path: string, { type, name }: Header): void {
  const isLink = type === "symlink" || type === "link";
  if (isLink && (isDockerfile(name, path) || path.startsWith(`${name}/`)))
    throw malformed("the Dockerfile is reached through a link: send the file itself");
}

function readable(error: unknown): Error {
  if (error instanceof EngineApiError) return error;
  return new EngineApiError("engine-api/dockerfile-unclear", "the build's archive cannot be read", {
    cause: error,
  });
}

function malformed(why: string): EngineApiError {
  return new EngineApiError("engine-api/dockerfile-unclear", `the build's archive: ${why}`);
}
