import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

export type WebFile = {
  readonly type: string;
  readonly etag: string;
  readonly bytes: Uint8Array;
  /** The same, compressed; absent where that saves nothing. */
  readonly gzipped?: Uint8Array;
  /** Its name holds a hash of its content, so it can be kept for ever. */
  readonly isImmutable: boolean;
};
/** The files of the web UI by their path: `/index.html`, `/assets/main-1a2b3c4d.js`. */
export type WebFiles = ReadonlyMap<string, WebFile>;

const maxBytes = 64 * 1_048_576;
const types: ReadonlyMap<string, string> = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".json", "application/json; charset=utf-8"],
  [".webmanifest", "application/manifest+json"],
  [".txt", "text/plain; charset=utf-8"],
  [".svg", "image/svg+xml"],
  [".png", "image/png"],
  [".ico", "image/x-icon"],
  [".woff2", "font/woff2"],
]);
const packed: ReadonlySet<string> = new Set([".png", ".ico", ".woff2"]);
const pack = promisify(gzip);

/** Reads the built web UI into memory; only what was there then is ever served. An empty map where there is none. */
export async function readWebFiles(directory: string): Promise<WebFiles> {
  const files = new Map<string, WebFile>();
  let total = 0;
  for (const path of await filesBelow(directory)) {
    const type = types.get(extname(path));
    if (type === undefined) continue;
    const bytes = await readFile(path);
    total += bytes.length;
    if (total > maxBytes) throw new RangeError(`the web files in ${directory} are too large`);
    const name = `/${relative(directory, path).split(sep).join("/")}`;
    const small = packed.has(extname(path)) ? bytes : await pack(bytes);
    files.set(name, {
      type,
      etag: `"${createHash("sha256").update(bytes).digest("base64url")}"`,
      bytes,
      ...(small.length < bytes.length ? { gzipped: small } : {}),
      isImmutable: name.startsWith("/assets/"),
    });
  }
  return files;
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
