import { link, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Options } from "#domain/kernel";
import { digestHex, isDigest, type Digest } from "#domain/oci";
import type { BlobStore } from "#services/registry";
import { syncDirectory } from "#adapters/io";
import { ifMissing, isMissing, isSystemError } from "./system-errors.ts";

/**
 * How a blob goes while other processes may be putting the same one there: it is moved aside, where it can
 * still be read, looked at again, and then taken away or put back. A crash in between leaves it aside.
 */
export type Aside = Pick<BlobStore, "remove" | "recover"> & {
  /** Where a blob lies while it is decided whether it goes. */
  pathOf(digest: Digest): string;
};

/** Keeps what is moved aside in `folder`; `blobPath` says where blobs belong. */
export function createAside(folder: string, blobPath: (digest: Digest) => string): Aside {
  const pathOf = (digest: Digest): string => join(folder, digestHex(digest));

  /** One that was finished meanwhile has the same content, and stays. */
  async function putBack(digest: Digest): Promise<void> {
    const blob = blobPath(digest);
    try {
      await link(pathOf(digest), blob);
    } catch (error) {
      if (isMissing(error)) return; // another process was faster
      if (!isSystemError(error, "EEXIST")) throw error;
    }
    await syncDirectory(dirname(blob));
    await rm(pathOf(digest), { force: true });
  }

  return {
    pathOf,

    async remove(digest, unless, { signal }: Options) {
      signal.throwIfAborted();
      const [blob, aside] = [blobPath(digest), pathOf(digest)];
      const isOld = async (path: string): Promise<boolean> => {
        const found = await stat(path).catch(ifMissing);
        return found !== undefined && found.mtimeMs < unless.storedBefore;
      };
      if (!(await isOld(blob))) return false;
      try {
        await rename(blob, aside);
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
      // Looked at again out of everybody's way: what an upload put there in between has come along, and is young.
      let isKept = true;
      try {
        isKept = !(await isOld(aside)) || (await unless.isNeeded());
      } finally {
        if (isKept) await putBack(digest);
      }
      if (isKept) return false;
      await rm(aside, { force: true });
      return true;
    },

    async recover({ signal }: Options) {
      for (const name of await readdir(folder)) {
        signal.throwIfAborted();
        const digest = `sha256:${name}`;
        if (isDigest(digest)) await putBack(digest);
      }
    },
  };
}
