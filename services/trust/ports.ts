import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import type { PublicKey, RoleName, Signer } from "#domain/tuf";

/** One version of one role's file, as published. */
export type StoredFile = {
  readonly role: RoleName;
  readonly version: number;
  /** Hex. */
  readonly sha256: string;
  /** The bytes received, never written again. */
  readonly bytes: Uint8Array;
  readonly expiresAt: Instant;
  readonly storedAt: Instant;
};

/** A line of the change feed: a new timestamp, or the end of a repository. */
export type Change = {
  /** Rises with every change. */
  readonly id: number;
  readonly at: Instant;
  readonly gun: Gun;
  /** Of the timestamp; 0 and empty for a deletion. */
  readonly version: number;
  readonly sha256: string;
  readonly category: "update" | "deletion";
};

export type ChangeQuery = {
  /** One repository's changes; undefined for all. */
  readonly gun: Gun | undefined;
  /** Changes after this id, oldest ones first; or the newest ones before that id. Given oldest first either way. */
  readonly range: { readonly after: number } | { readonly before: number };
  readonly limit: number;
};

/** All or nothing of one accepted update. */
export type Publication = {
  readonly files: readonly StoredFile[];
  /** Roles nobody delegates to any more: their files go, so that the role may begin again at version 1. */
  readonly retired: readonly RoleName[];
};

export interface MetadataStore {
  /** The newest version of a role. */
  current(gun: Gun, role: RoleName, o: Options): Promise<StoredFile | undefined>;
  byChecksum(gun: Gun, role: RoleName, sha256: string, o: Options): Promise<StoredFile | undefined>;
  byVersion(gun: Gun, role: RoleName, version: number, o: Options): Promise<StoredFile | undefined>;
  /**
   * Stores all or none, durably, and a line of the change feed for a timestamp among them. Throws
   * `trust/version-conflict` when a file's version is not higher than every stored one of its role.
   */
  publish(gun: Gun, publication: Publication, o: Options): Promise<void>;
  /** Takes away everything of a repository, with a line of the change feed if there was anything. Keys stay. */
  remove(gun: Gun, at: Instant, o: Options): Promise<void>;
  changes(query: ChangeQuery, o: Options): Promise<readonly Change[]>;
  /** Repositories that have trust data, in order of their names. */
  guns(o: Options): Promise<readonly Gun[]>;
}

/** A role whose key the server may hold. */
export type ServerRole = "timestamp" | "snapshot";

/** The server's own signing keys, one or more per repository and role. Private halves never leave it. */
export interface KeyVault {
  /** A key that has signed nothing yet: the same one until it signs. Made if there is none. */
  pending(gun: Gun, role: ServerRole, o: Options): Promise<PublicKey>;
  /** The public half of a key held for this repository and role; undefined if it is not held. */
  held(gun: Gun, role: ServerRole, keyId: string, o: Options): Promise<PublicKey | undefined>;
  /** What signs with a held key. Throws `trust/key-lost` when it cannot be opened. */
  signer(gun: Gun, role: ServerRole, keyId: string, o: Options): Promise<Signer | undefined>;
}

/** A server key at rest: the private half is encrypted under a master key that is not in the store. */
export type SealedKey = {
  readonly gun: Gun;
  readonly role: ServerRole;
  readonly keyId: string;
  /** Base64 of the DER SubjectPublicKeyInfo. */
  readonly public: string;
  readonly sealed: Uint8Array;
};

/** Keeps sealed keys. */
export interface SealedKeyStore {
  find(gun: Gun, role: ServerRole, keyId: string, o: Options): Promise<SealedKey | undefined>;
  /** Of the keys never marked as used the one added first, so that two who add at once agree. */
  unused(gun: Gun, role: ServerRole, o: Options): Promise<SealedKey | undefined>;
  add(key: SealedKey, o: Options): Promise<void>;
  markUsed(gun: Gun, role: ServerRole, keyId: string, o: Options): Promise<void>;
}
