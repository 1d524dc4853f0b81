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
  /** When the newest root, snapshot and timestamp of each of the next repositories after `after` expire. */
  expiries(
    query: { readonly after: Gun | undefined; readonly limit: number },
    o: Options,
  ): Promise<readonly Expiries[]>;
  /** The newest `storedAt` ever published, raised in the same transaction as what is published. */
  signedDates(o: Options): Promise<SignedDates>;
  /** Takes `newest` for the newest date from here on, also a lower one. An administrator's decision. */
  resetDate(newest: Instant, o: Options): Promise<void>;
}

/** When the newest files of a repository expire; a role without a file is not among them. */
export type Expiries = { readonly gun: Gun; readonly at: ReadonlyMap<RoleName, Instant> };

export type SignedDates = {
  /** 0 where nothing was ever signed. */
  readonly newest: Instant;
  /** The last time the newest date went forward by more than 30 days at once. */
  readonly jump: { readonly from: Instant; readonly to: Instant } | undefined;
};

/** Forward by more than that at once is worth telling: a long pause, or a wrong clock. */
export const dateJumpMs = 30 * 86_400_000;

/** Work that one process at a time does, of all that share a store. */
export interface Leases {
  /** Takes or prolongs the lease; false while another holder has it. It ends by itself after `ttlMs`. */
  take(
    name: string,
    by: { readonly holder: string; readonly now: Instant; readonly ttlMs: number },
    o: Options,
  ): Promise<boolean>;
  giveBack(name: string, holder: string, o: Options): Promise<void>;
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
  /** Id of the master key that `sealed` opens under; empty where it was sealed before there were ids. */
  readonly masterKey: string;
};

/** A seal in place of another one. */
export type Resealed = {
  readonly key: SealedKey;
  readonly sealed: Uint8Array;
  readonly masterKey: string;
};

/** Keeps sealed keys, and says which master key new ones are to be sealed under. */
export interface SealedKeyStore {
  find(gun: Gun, role: ServerRole, keyId: string, o: Options): Promise<SealedKey | undefined>;
  /** Of the keys never marked as used the one added first, so that two who add at once agree. */
  unused(gun: Gun, role: ServerRole, o: Options): Promise<SealedKey | undefined>;
  /** Throws `trust/master-key-changed` when it is sealed under another master key than `masterKey` says. */
  add(key: SealedKey, o: Options): Promise<void>;
  markUsed(gun: Gun, role: ServerRole, keyId: string, o: Options): Promise<void>;
  /** Id of the master key that keys are sealed under from now on; undefined where none was chosen yet. */
  masterKey(o: Options): Promise<string | undefined>;
  chooseMasterKey(id: string, o: Options): Promise<void>;
  /** How many keys are sealed under which master key. */
  masterKeys(o: Options): Promise<ReadonlyMap<string, number>>;
  /** All keys in the order they were added, a page at a time: those after `after`, beginning with 0. */
  page(
    query: { readonly after: number; readonly limit: number },
    o: Options,
  ): Promise<readonly (SealedKey & { readonly position: number })[]>;
  /** Replaces seals in one transaction, durably; a seal that somebody replaced meanwhile is left alone. */
  reseal(changes: readonly Resealed[], o: Options): Promise<void>;
}
