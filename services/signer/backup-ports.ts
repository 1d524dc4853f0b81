import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";

/** Takes a key out of its passphrase, for what keeps it under another one. */
export interface KeyOpener {
  /** PKCS#8 as PEM, not encrypted. Throws `signer/key-unknown` or `signer/passphrase-wrong`. */
  openedPem(id: string, o: Options): Promise<string>;
}

/** The roots that were verified before, by repository. A reader's memory has them. */
export interface Pins {
  repositories(o: Options): Promise<readonly Gun[]>;
  root(gun: Gun, o: Options): Promise<Uint8Array | undefined>;
  /** Changes nothing where another root is pinned. */
  pin(gun: Gun, root: Uint8Array, o: Options): Promise<void>;
}

/** Remembers of which keys there is a backup, beside the keys. */
export interface BackupNotes {
  /** When each key was last backed up, by its canonical id. What cannot be read says nothing. */
  backedUp(o: Options): Promise<ReadonlyMap<string, Instant>>;
  note(ids: readonly string[], at: Instant, o: Options): Promise<void>;
}
