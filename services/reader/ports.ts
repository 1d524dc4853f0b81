import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import type { RoleName, Root, SeenFile, SeenFiles, Trusted } from "#domain/tuf";

/** `maxBytes`: the length that was announced, where there is one. A source may stop one byte after it. */
export type FetchOptions = Options & { readonly maxBytes?: number };

/**
 * Where trust data comes from: our own trust server's store, or a remote Notary v1 server. Throws when it
 * cannot answer; undefined is an answer. A file too long to be true is given with its end cut off: it then
 * differs from what its hash and its signatures say.
 */
export interface MetadataSource {
  /** The newest file of a role; undefined where the repository has none. */
  current(gun: Gun, role: RoleName, o: Options): Promise<Uint8Array | undefined>;
  byChecksum(
    gun: Gun,
    role: RoleName,
    sha256: string,
    o: FetchOptions,
  ): Promise<Uint8Array | undefined>;
  byVersion(gun: Gun, role: RoleName, version: number, o: Options): Promise<Uint8Array | undefined>;
}

/**
 * Asked before the first root of a repository is pinned: throws a `TufError` where that root is not the one
 * that the configuration expects.
 */
export type AcceptFirst = (gun: Gun, root: Trusted<Root>, now: Instant) => void;

/** What is remembered of one repository. */
export type Remembered = {
  /** The file of the newest root that was verified, starting from the pinned first one. */
  readonly root: Uint8Array | undefined;
  /** The highest version ever verified of each role. */
  readonly seen: SeenFiles;
};

/**
 * What this installation has verified before, shared by all its replicas and kept through restarts: the
 * pinned root of each repository and the highest version of each role. Versions only ever rise.
 */
export interface TrustMemory {
  recall(gun: Gun, o: Options): Promise<Remembered>;
  /** The highest version ever verified of one role. */
  highest(gun: Gun, role: RoleName, o: Options): Promise<SeenFile | undefined>;
  /**
   * In one transaction raises the versions that are higher than those remembered, moves the root on if
   * its version rose, forgets `gone` roles, and gives what is remembered then. A version that is not
   * higher changes nothing.
   */
  raise(
    gun: Gun,
    news: {
      readonly root: Uint8Array;
      readonly seen: SeenFiles;
      /** Delegations that the owner has taken away: they may begin again at version 1. */
      readonly gone: readonly RoleName[];
      /**
       * Roles that this root has given other keys: what was seen of them is forgotten before `seen` counts,
       * if the root is newer than the one remembered. So a repository recovers from stolen keys.
       */
      readonly renewed: readonly RoleName[];
    },
    o: Options,
  ): Promise<Remembered>;
  /** Pins a first root ahead of the first reading. Changes nothing where one is remembered. */
  pin(gun: Gun, root: Uint8Array, o: Options): Promise<void>;
  /** Forgets a repository, so that its next root is taken as a first one. An administrator's decision. */
  forget(gun: Gun, o: Options): Promise<void>;
}

/** The timestamp of the last good reading of a repository, and when its server last confirmed it. */
export type LastGood = { readonly timestamp: Uint8Array; readonly at: Instant };

/**
 * Keeps the files of other servers' repositories through restarts, so that a cold start fetches only what
 * changed. It need not be trusted: what comes out of it is verified like anything that was fetched.
 */
export interface FileCache {
  file(gun: Gun, sha256: string, o: Options): Promise<Uint8Array | undefined>;
  lastGood(gun: Gun, o: Options): Promise<LastGood | undefined>;
  /** Keeps these files, by the sha256 of each, in place of all that was kept of the repository. All or none. */
  keep(
    gun: Gun,
    good: LastGood & { readonly files: ReadonlyMap<string, Uint8Array> },
    o: Options,
  ): Promise<void>;
  /** The kept reading was confirmed again. */
  touch(gun: Gun, at: Instant, o: Options): Promise<void>;
  forget(gun: Gun, o: Options): Promise<void>;
}
