import type { Instant, Options } from "#domain/kernel";

export type ShelfEntry = {
  /** Path below the listed folder: `root.json`, `targets/qa.json`. */
  readonly path: string;
  /** Another one whenever the content may be. */
  readonly mark: string;
  readonly modifiedAt: Instant;
};

export type WriteOptions = {
  /** On disk when the write resolves, not only on its way there. */
  readonly isDurable: boolean;
  /** The modification time to set; default now. */
  readonly at?: Instant;
  /** Nothing else may appear in the folder, not for a moment: who reads it takes every file in it. */
  readonly isAlone?: boolean;
};

/**
 * Where the files of a trust directory stand: a folder on disk, or memory. Paths are relative, parted by `/`.
 * Only their owner may read what is written. Throws `signer/directory-broken`.
 */
export interface Shelf {
  /** For people. */
  readonly location: string;
  /** The regular files in a folder, and in folders below it if `deep`; none where there is no such folder. */
  list(folder: string, how: { readonly deep: boolean }, o: Options): Promise<readonly ShelfEntry[]>;
  /** A file's content; undefined where there is none, or one larger than `maxBytes`. */
  read(path: string, maxBytes: number, o: Options): Promise<Uint8Array | undefined>;
  /** Puts a whole file in its place; no reader sees a part of it, old or new. */
  write(path: string, bytes: Uint8Array | string, how: WriteOptions, o: Options): Promise<void>;
  setTime(path: string, at: Instant, o: Options): Promise<void>;
  /** Takes files away, and the folders that are empty then, up to `within`; what is not there is no error. */
  remove(paths: readonly string[], within: string, o: Options): Promise<void>;
}
