import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  memoryTrustDirectory,
  openTrustDirectory,
  type TrustDirectory,
} from "#adapters/trust-directory";
import type { Options } from "#domain/kernel";
import { SignerError, type HeldKey, type KeyStore, type Passphrases } from "#services/signer";
import { backupReminder } from "../keys/reminder.ts";
import { configuredToken } from "../keys/token.ts";
import { readNamedFile } from "../named-file.ts";
import type { World } from "../world.ts";
import { joinKeys } from "./join-keys.ts";
import { createPassphrases } from "./passphrases.ts";
import type { TrustOptions } from "./trust-options.ts";

export type OpenDirectory = AsyncDisposable &
  Pick<TrustDirectory, "local" | "memory" | "cache" | "lock" | "pins" | "notes"> & {
    /** Where it is, for people. */
    readonly path: string;
    /** The keys of the directory, after those that were given for this call and those of a token. */
    readonly keys: KeyStore;
    /** The keys that are kept, and what can be done with their files. */
    readonly kept: TrustDirectory["keys"];
    /** Canonical ids of the keys that were given for this call. Nothing of them is written. */
    readonly given: readonly string[];
    /** Where it is not, new keys are refused and what is verified is forgotten when the process ends. */
    readonly isWritable: boolean;
    readonly passphrases: Passphrases;
    /** The keys of the token that is configured. */
    readonly token: KeyStore | undefined;
    /** A key that was used beside `keys`: a root key without a backup is spoken of at the end. */
    readonly noteUse: (key: HeldKey) => void;
  };

/** The trust directory that the user means: the one that docker and notary use, unless another is named. */
export function trustDirectoryPath({ trustDir }: TrustOptions, world: World): string {
  const { env, homeDirectory, workingDirectory } = world;
  const docker = env["DOCKER_CONFIG"] || join(homeDirectory, ".docker");
  const named = trustDir ?? (env["COUNTERSIGN_TRUST_DIR"] || join(docker, "trust"));
  return resolve(workingDirectory, named);
}

/**
 * Opens the trust directory, with the keys of `--key`, COUNTERSIGN_KEY_FILE or COUNTERSIGN_KEY beside those that
 * it keeps. One that cannot be written is read all the same, and nothing is written of it.
 */
export async function openDirectory(
  options: TrustOptions,
  world: World,
  o: Options,
): Promise<OpenDirectory> {
  const path = trustDirectoryPath(options, world);
  const passphrases = createPassphrases(world);
  const parts = { passphrases, clock: world.clock };
  const isWritable = await canWrite(path);
  const warned = new Set<string>();
  const onWarning = ({ file, detail }: { file: string; detail: string }): void => {
    if (!isWritable && file.startsWith("tuf/")) return; // as it is meant to be there
    const line = `warning: ${file}: ${detail}\n`;
    if (!warned.has(line)) world.err(line);
    warned.add(line);
  };
  // One that is not there and cannot be made is as good as none.
  const disk =
    isWritable || (await isFolder(path))
      ? openTrustDirectory(path, { ...parts, onWarning })
      : await memoryTrustDirectory(parts, o);
  const text = await givenKey(options, world);
  const memory = await memoryTrustDirectory(
    { ...parts, keys: text === undefined ? [] : [text] },
    o,
  );
  const given = (await memory.keys.list(o)).map(({ id }) => id);
  const kept = isWritable ? disk.keys : { ...disk.keys, generate: nowhereToKeep(path) };
  const token = configuredToken(options, world);
  const first = [
    ...(given.length === 0 ? [] : [memory.keys]),
    ...(token === undefined ? [] : [token.keys]),
  ];
  const reminder = backupReminder(disk.notes, world);
  const watched = reminder.watched(kept);
  return {
    path,
    kept,
    keys: first.length === 0 ? watched : joinKeys(watched, first),
    token: token?.keys,
    noteUse: reminder.noteUse,
    pins: disk.pins,
    notes: disk.notes,
    given,
    isWritable,
    passphrases,
    local: isWritable ? disk.local : memory.local,
    memory: disk.memory,
    cache: disk.cache,
    lock: (gun, how) => (isWritable ? disk : memory).lock(gun, how),
    async [Symbol.asyncDispose]() {
      await reminder.say(o);
      await token?.[Symbol.asyncDispose]();
    },
  };
}

function nowhereToKeep(path: string): KeyStore["generate"] {
  return () =>
    Promise.reject(
      new SignerError("signer/directory-broken", `${path} cannot be written: a new key needs it`),
    );
}

async function givenKey({ key }: TrustOptions, world: World): Promise<string | undefined> {
  const { env, workingDirectory } = world;
  const file = key ?? (env["COUNTERSIGN_KEY_FILE"] || undefined);
  if (file === undefined) return env["COUNTERSIGN_KEY"] || undefined;
  return await readNamedFile(resolve(workingDirectory, file), "the key file");
}

/** Whether a file can be put there: in the folder, or in the nearest one above it that is there. */
async function canWrite(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at))
    try {
      await access(at, constants.W_OK | constants.X_OK);
      return (await stat(at)).isDirectory();
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!isMissing || at === dirname(at)) return false;
    }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // not there, or not to be looked at
  }
}
