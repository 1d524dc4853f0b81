import type { Instant } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import type { RoleName } from "#domain/tuf";

/** The complete trust data of one repository: the files as a server gave them, unchanged. */
export type ArchivedRepository = {
  readonly gun: Gun;
  /** The address that it was fetched from. Nobody signs this, nor the time: the archive's writer says so. */
  readonly server: string;
  readonly archivedAt: Instant;
  /** By version, lowest first. The last one is the root in use. */
  readonly roots: ReadonlyMap<number, Uint8Array>;
  readonly timestamp: Uint8Array;
  readonly snapshot: Uint8Array;
  /** `targets` and every other targets role that the snapshot names, also those that nobody delegates to any more. */
  readonly targets: ReadonlyMap<RoleName, Uint8Array>;
};

/** Versions below the newest root that are not there. */
export function missingRoots({ roots }: Pick<ArchivedRepository, "roots">): readonly number[] {
  const newest = Math.max(...roots.keys());
  return Array.from({ length: newest }, (_, index) => index + 1).filter((v) => !roots.has(v));
}

/** The most root versions of one repository. */
export const maxRoots = 1_024;
/** All files of one repository together. */
export const maxRepositoryBytes = 268_435_456;
