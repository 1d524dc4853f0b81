import { randomUUID } from "node:crypto";
import type { Dirent, Stats } from "node:fs";
import {
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
  utimes,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { syncDirectory, temporarySuffix } from "#adapters/io";
import type { Options } from "#domain/kernel";
import { SignerError } from "#services/signer";
import type { Shelf, ShelfEntry, WriteOptions } from "./shelf.ts";

const folderMode = 0o700;
const fileMode = 0o600;
const maxDepth = 130;
const maxAttempts = 100;

/**
 * A shelf that is the folder `top`, which is made when something is written. A folder that is asked for may be a
 * link to another one; links to folders further down are not followed, for they may lead in circles.
 */
export function diskShelf(path: string): Shelf {
  const top = resolve(path);
  const at = (path: string): string => join(top, path);
  const list = async (folder: string, below: string, depth: number): Promise<ShelfEntry[]> => {
    const entries: ShelfEntry[] = [];
    for (const entry of await entriesIn(join(at(folder), below))) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) {
        if (depth > 0) entries.push(...(await list(folder, path, depth - 1)));
        continue;
      }
      const found = await statOf(join(at(folder), path));
      if (found?.isFile() !== true) continue;
      const mark = `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
      entries.push({ path, mark, modifiedAt: Math.round(found.mtimeMs) });
    }
    return entries;
  };
  return {
    location: top,
    list: (folder, { deep }, o) =>
      guarded(folder, "read", o, () => list(folder, "", deep ? maxDepth : 0)),
    read: (path, maxBytes, o) =>
      guarded(path, "read", o, async () => {
        const found = await statOf(at(path));
        if (found?.isFile() !== true || found.size > maxBytes) return undefined;
        return await ifThere(() => readFile(at(path), { signal: o.signal }));
      }),
    write: (path, bytes, how, o) =>
      guarded(path, "write", o, async () => {
        for (let attempt = 1; ; attempt += 1)
          try {
            await makeFolder(dirname(at(path)), how.isDurable);
            return await replaceFile(at(path), bytes, how, o);
          } catch (error) {
            // Who takes the last file away takes the folder too, and may do so just now.
            if (codeOf(error) !== "ENOENT" || attempt === maxAttempts) throw error;
          }
      }),
    setTime: (path, modifiedAt, o) =>
      guarded(path, "write", o, async () => {
        const time = new Date(modifiedAt);
        await ifThere(() => utimes(at(path), time, time));
      }),
    remove: (paths, within, o) =>
      guarded(within, "write", o, async () => {
        const folders = new Set<string>();
        for (const path of paths) {
          await ifThere(() => unlink(at(path)));
          folders.add(dirname(path));
        }
        for (const folder of folders) await prune(at, folder, within);
      }),
  };
}

async function makeFolder(folder: string, isDurable: boolean): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: folderMode });
  if (first === undefined || !isDurable) return;
  const above = dirname(first);
  for (let made = folder; made.length > above.length; made = dirname(made))
    await syncDirectory(dirname(made));
}

/** Whole or not there: a temporary file takes the place of the old one. */
async function replaceFile(
  path: string,
  bytes: Uint8Array | string,
  how: WriteOptions,
  o: Options,
): Promise<void> {
  const folder = dirname(path);
  const beside = how.isAlone === true ? dirname(folder) : folder;
  const temporary = join(beside, `.${randomUUID()}${temporarySuffix}`);
  try {
    const file = await open(temporary, "wx", fileMode);
    try {
      await file.writeFile(bytes, { signal: o.signal });
      if (how.at !== undefined) await file.utimes(new Date(how.at), new Date(how.at));
      if (how.isDurable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (how.isDurable) await syncDirectory(folder);
}

/** Takes away `folder` and those above it, below `within` and `within` itself, as far as they are empty. */
async function prune(at: (path: string) => string, folder: string, within: string): Promise<void> {
  for (let path = folder; path.startsWith(within) && path !== "."; path = dirname(path))
    try {
      await rmdir(at(path));
    } catch {
      return; // not empty, a link, or not ours to remove: it may stay
    }
}

async function entriesIn(folder: string): Promise<readonly Dirent[]> {
  return (await ifThere(() => readdir(folder, { withFileTypes: true }))) ?? [];
}

async function statOf(path: string): Promise<Stats | undefined> {
  return await ifThere(() => stat(path));
}

async function ifThere<Value>(act: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await act();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function guarded<Value>(
  path: string,
  verb: "read" | "write",
  { signal }: Options,
  act: () => Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted();
  try {
    return await act();
  } catch (cause) {
    const code = codeOf(cause);
    if (code === undefined || code === "ABORT_ERR") throw cause;
    const name = path === "" ? "the trust directory" : path;
    const message = `cannot ${verb} ${name}: ${reasons.get(code) ?? code}`;
    throw new SignerError("signer/directory-broken", message, { cause });
  }
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["EROFS", "it cannot be written to"],
  ["ENOSPC", "no space is left"],
  ["EDQUOT", "no space is left"],
  ["ENOTDIR", "a file is where a folder should be"],
  ["EISDIR", "a folder is where a file should be"],
  ["EEXIST", "a file is where a folder should be"],
  ["ENAMETOOLONG", "the name is too long"],
]);

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
