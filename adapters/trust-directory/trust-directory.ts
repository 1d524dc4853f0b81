import type { Clock, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import type { FileCache, TrustMemory } from "#services/reader";
import type {
  BackupNotes,
  KeyFiles,
  KeyOpener,
  KeyStore,
  LocalRepository,
  Passphrases,
  Pins,
} from "#services/signer";
import { backupNotes } from "./backup-notes.ts";
import { diskShelf } from "./disk-shelf.ts";
import { directoryCache } from "./file-cache.ts";
import { keyFolder, type DirectoryWarning } from "./key-folder.ts";
import { createKeyStore } from "./key-store.ts";
import { localRepository } from "./local-repository.ts";
import { memoryShelf } from "./memory-shelf.ts";
import { publishLock } from "./publish-lock.ts";
import { repositoryStates } from "./repository-state.ts";
import type { Shelf } from "./shelf.ts";
import { directoryPins } from "./pins.ts";
import { directoryMemory } from "./trust-memory.ts";

/** Keys, staged changes and verified files, laid out as Notary's and Docker's clients do. */
export interface TrustDirectory {
  readonly keys: KeyStore & KeyFiles & KeyOpener;
  /** Throws `signer/directory-broken` for a name that no folder can have. */
  readonly local: (gun: Gun) => LocalRepository;
  readonly memory: TrustMemory;
  readonly cache: FileCache;
  /** All roots that are pinned, for backups. */
  readonly pins: Pins;
  readonly notes: BackupNotes;
  /**
   * For the time of a publication: until it is disposed of no other client of ours gets it. Waits `waitMs` for
   * one that has it, default 30 seconds, then throws `signer/directory-busy`.
   */
  lock(gun: Gun, o: Options & { readonly waitMs?: number }): Promise<AsyncDisposable>;
}

export type TrustDirectoryParts = {
  readonly passphrases: Passphrases;
  readonly clock: Clock;
  /** Told of what is passed over: files that are no keys, a folder that cannot be written to. */
  readonly onWarning?: (warning: DirectoryWarning) => void;
};

const defaultWaitMs = 30_000;

/** The trust directory at `path`. It is made when something is written to it; nothing is read before it is needed. */
export function openTrustDirectory(path: string, parts: TrustDirectoryParts): TrustDirectory {
  return {
    ...onShelf(diskShelf(path), parts, { encrypts: true }),
    lock: (gun, o) => publishLock(path, gun, o.waitMs ?? defaultWaitMs, o),
  };
}

export type MemoryTrustDirectoryParts = Partial<TrustDirectoryParts> & {
  readonly clock: Clock;
  /** PEM texts, each with one key or several. Encrypted ones are opened with their passphrases. */
  readonly keys?: readonly string[];
};

/** A trust directory that nothing is ever written of: for machines without a home, with keys from elsewhere. */
export async function memoryTrustDirectory(
  parts: MemoryTrustDirectoryParts,
  o: Options,
): Promise<TrustDirectory> {
  const { passphrases = nobody } = parts;
  const opened = onShelf(memoryShelf(), { ...parts, passphrases }, { encrypts: false });
  for (const text of parts.keys ?? []) await opened.keys.importPem(text, { opens: true }, o);
  const free = { [Symbol.asyncDispose]: () => Promise.resolve() };
  return { ...opened, lock: () => Promise.resolve(free) };
}

const nobody: Passphrases = {
  existing: () => Promise.resolve(undefined),
  fresh: () => Promise.resolve(undefined),
};

function onShelf(
  shelf: Shelf,
  { passphrases, clock, onWarning = () => undefined }: TrustDirectoryParts,
  { encrypts }: { readonly encrypts: boolean },
): Omit<TrustDirectory, "lock"> {
  const stateOf = repositoryStates(shelf);
  const locals = new Map<Gun, LocalRepository>();
  const memory = directoryMemory(stateOf, onWarning);
  return {
    keys: createKeyStore({ folder: keyFolder(shelf, onWarning), passphrases, encrypts }),
    pins: directoryPins(shelf, memory),
    notes: backupNotes(shelf),
    local(gun) {
      const known = locals.get(gun);
      if (known !== undefined) return known;
      const local = localRepository(shelf, gun, { state: stateOf(gun), clock });
      locals.set(gun, local);
      return local;
    },
    memory,
    cache: directoryCache(stateOf, onWarning),
  };
}
