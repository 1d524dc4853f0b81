import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Options } from "#domain/kernel";

/**
 * Writes a whole file so that a reader sees the old content or the new, never a part, and so that it is
 * on disk when this returns: temporary name beside it, fsync, rename, fsync of the folder.
 */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array | string,
  options: Options & { readonly mode?: number },
): Promise<void> {
  const temporary = `${path}.${randomUUID()}${temporarySuffix}`;
  try {
    const file = await open(temporary, "wx", options.mode ?? 0o644);
    try {
      await file.writeFile(bytes, { signal: options.signal });
      await file.sync();
    } finally {
      await file.close();
    }
    options.signal.throwIfAborted();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** How the name of a file that is not finished ends: what a sweep may take away. */
export const temporarySuffix = ".partial";

/** Makes names that were added to or taken from a folder survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
