import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { writeFileAtomically } from "#adapters/io";
import { masterKeyOf, type MasterKey } from "#adapters/pki";
import type { Options } from "#domain/kernel";
import { ServerError } from "./errors.ts";

/**
 * The key that server-held keys are encrypted under: 32 bytes in a file beside the database, never in it.
 * Made for a new installation only: with keys in the database that it cannot open, another one would be
 * no help. Throws `server/config-invalid` for a file that is missing or holds something else.
 */
export async function readMasterKey(
  file: string,
  o: Options & { readonly isNewInstallation: boolean },
): Promise<MasterKey> {
  const bytes = (await tryRead(file)) ?? (o.isNewInstallation ? await create(file, o) : undefined);
  if (bytes === undefined)
    throw new ServerError(
      "server/config-invalid",
      `the master key ${file} is gone: restore it from a backup`,
    );
  if (bytes.length !== 32)
    throw new ServerError(
      "server/config-invalid",
      `the master key ${file} must hold exactly 32 bytes`,
    );
  return masterKeyOf(bytes);
}

async function tryRead(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function create(file: string, { signal }: Options): Promise<Uint8Array> {
  const bytes = randomBytes(32);
  await writeFileAtomically(file, bytes, { mode: 0o600, signal });
  return bytes;
}
