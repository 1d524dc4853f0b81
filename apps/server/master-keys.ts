import { randomBytes, randomUUID } from "node:crypto";
import { link, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncDirectory, writeFileAtomically } from "#adapters/io";
import { masterKeyOf, type FindMasterKey, type MasterKey } from "#adapters/pki";
import type { Options } from "#domain/kernel";
import type { Config } from "./config.ts";
import { ServerError } from "./errors.ts";

/** Where the master keys of an installation are. */
export type MasterKeyFiles = {
  /** The one in use; undefined where it stands in the environment. */
  readonly current: string | undefined;
  /** The one that is to come, while it is changed. */
  readonly next: string | undefined;
  /** The one before, until somebody destroys it; we make it only where `next` is ours too. */
  readonly previous: string | undefined;
};

export type MasterKeys = {
  readonly master: MasterKey;
  /** Looks among the files each time: the master key may be changed while we run. */
  readonly otherMasters: FindMasterKey;
};

export function masterKeyFiles(config: Config): MasterKeyFiles {
  const next = config.nextMasterKeyFile || undefined;
  if (config.masterKey !== undefined) return { current: undefined, next, previous: undefined };
  const current = config.masterKeyFile || join(config.dataDirectory, "master.key");
  return { current, next: next ?? `${current}.next`, previous: `${current}.previous` };
}

/**
 * The key that server-held keys are sealed under: 32 bytes in a file beside the database, never in it. Made
 * for a new installation only: with keys in the database that it cannot open, another one would be no help.
 * Throws `server/config-invalid` for a file that is missing or holds something else.
 */
export async function readMasterKeys(
  config: Config,
  o: Options & { readonly isNewInstallation: boolean },
): Promise<MasterKeys> {
  const files = masterKeyFiles(config);
  const others = [files.next, files.previous, files.current].filter((file) => file !== undefined);
  return {
    master: await currentKey(config, files, o),
    async otherMasters(id) {
      for (const file of others) {
        const bytes = await tryRead(file);
        const key = bytes?.length === 32 ? masterKeyOf(bytes) : undefined;
        if (key?.id === id) return key;
      }
      return undefined;
    },
  };
}

async function currentKey(
  config: Config,
  { current }: MasterKeyFiles,
  o: Options & { readonly isNewInstallation: boolean },
): Promise<MasterKey> {
  if (config.masterKey !== undefined) return masterKeyOf(config.masterKey.reveal());
  if (current === undefined) throw new TypeError("there is neither a master key nor a file of one");
  if (o.isNewInstallation) await createKeyFile(current, o);
  return await readKeyFile(current);
}

/** Reads a master key's file. Throws `server/config-invalid`. */
export async function readKeyFile(file: string): Promise<MasterKey> {
  const bytes = await tryRead(file);
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

/** Makes a file with a new master key, for our eyes only, on disk when this returns; one that is there already stays. */
export async function createKeyFile(file: string, { signal }: Options): Promise<void> {
  const fresh = `${file}.${randomUUID()}`;
  try {
    await writeFileAtomically(fresh, randomBytes(32), { mode: 0o600, signal });
    await link(fresh, file); // unlike a rename it replaces nothing
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(fresh, { force: true });
  }
  await syncDirectory(dirname(file));
}

async function tryRead(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
