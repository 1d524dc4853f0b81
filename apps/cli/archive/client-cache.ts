import { mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeFileAtomically } from "#adapters/io";
import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { rootRole } from "#domain/tuf";
import type { ClientCache } from "#services/archive";

const maxCachedBytes = 104_857_600;

/** What Notary's clients keep of a repository in their trust directory: one file for each role. */
export function clientCache(trustDirectory: string, gun: Gun): ClientCache {
  const folder = join(trustDirectory, "tuf", gun, "metadata");
  return {
    async file(role, { signal }) {
      const path = join(folder, `${role}.json`);
      try {
        if ((await stat(path)).size > maxCachedBytes) return undefined;
        return await readFile(path, { signal });
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
        throw error;
      }
    },
    async writeFiles(files, o) {
      // The root last: a client that finds it finds the rest, and half an import is none.
      const inOrder = [...files].toSorted(
        ([a], [b]) => Number(a === rootRole) - Number(b === rootRole),
      );
      for (const [role, bytes] of inOrder) await writeInto(join(folder, `${role}.json`), bytes, o);
    },
  };
}

async function writeInto(path: string, bytes: Uint8Array, o: Options): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomically(path, bytes, { ...o, mode: 0o600 });
}
