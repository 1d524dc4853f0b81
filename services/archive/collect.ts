import { mapBounded, type Clock, type Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  decodeRoot,
  decodeSnapshot,
  decodeTimestamp,
  describeFile,
  isTargetsRole,
  rootRole,
  snapshotRole,
  targetsRole,
  timestampRole,
  TufError,
  type FileMeta,
  type RoleName,
} from "#domain/tuf";
import { maxRepositoryBytes, maxRoots, type ArchivedRepository } from "./archived.ts";
import { ArchiveError } from "./errors.ts";
import { judge } from "./judge.ts";
import type { ArchiveSource } from "./ports.ts";

export type CollectParts = {
  readonly source: ArchiveSource;
  /** The source's address, for the record. */
  readonly server: string;
  readonly clock: Clock;
};

/** Requests under way at once for one repository: a server that goes away soon has many visitors. */
const parallelFetches = 4;

/**
 * Fetches everything there is of one repository: every root from version 1 on, timestamp, snapshot, and each
 * targets file that the snapshot names, also of roles that were removed. It is verified before it is given,
 * expiry aside. Somebody may publish meanwhile and the pieces then do not fit, so that it is tried twice.
 * Throws `archive/absent`, `archive/unsound`, `archive/too-large`, or what the source throws.
 */
export async function collect(
  parts: CollectParts,
  gun: Gun,
  o: Options,
): Promise<ArchivedRepository> {
  try {
    return await collectOnce(parts, gun, o);
  } catch (error) {
    if (!(error instanceof ArchiveError) || error.code !== "archive/unsound") throw error;
    return await collectOnce(parts, gun, o);
  }
}

async function collectOnce(parts: CollectParts, gun: Gun, o: Options): Promise<ArchivedRepository> {
  const { source, server, clock } = parts;
  const timestamp = await source.current(gun, timestampRole, o);
  if (timestamp === undefined) return await nothing(source, gun, o);
  const named = reading(timestampRole, () => decodeTimestamp(timestamp)).signed.snapshot;
  const snapshot = required(
    snapshotRole,
    named,
    await source.byChecksum(gun, snapshotRole, named.sha256, { ...o, maxBytes: named.length }),
  );
  const { meta } = reading(snapshotRole, () => decodeSnapshot(snapshot)).signed;
  const roots = await collectRoots(source, gun, { sha256: meta.get(rootRole)?.sha256 ?? "" }, o);
  const targets = await collectTargets(source, gun, meta, o);
  const archivedAt = Math.floor(clock() / 1_000) * 1_000;
  const repository = { gun, server, archivedAt, roots, timestamp, snapshot, targets };
  const { content, faults } = judge(repository, archivedAt);
  const [fault] = faults;
  if (content === undefined && fault !== undefined) throw unsound(fault.role, fault.detail);
  return repository;
}

async function nothing(source: ArchiveSource, gun: Gun, o: Options): Promise<never> {
  if ((await source.current(gun, rootRole, o)) === undefined)
    throw new ArchiveError("archive/absent", "the server has no trust data for it");
  throw unsound(timestampRole, "the server does not have the file");
}

async function collectRoots(
  source: ArchiveSource,
  gun: Gun,
  named: { readonly sha256: string },
  o: Options,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const newest =
    (await source.byChecksum(gun, rootRole, named.sha256, o)) ??
    (await source.current(gun, rootRole, o));
  if (newest === undefined) throw unsound(rootRole, "the server does not have the file");
  const last = reading(rootRole, () => decodeRoot(newest)).signed.version;
  if (last > maxRoots)
    throw new ArchiveError("archive/too-large", `it has more than ${maxRoots} root versions`);
  const earlier = Array.from({ length: last - 1 }, (_, index) => index + 1);
  const found = await mapBounded(parallelFetches, earlier, async (version) => {
    const bytes = await source.byVersion(gun, rootRole, version, o);
    if (bytes === undefined) return [];
    const says = reading(rootRole, () => decodeRoot(bytes)).signed.version;
    if (says !== version) throw unsound(rootRole, `asked for version ${version}, got ${says}`);
    return [[version, bytes] as const];
  });
  return new Map([...found.flat(), [last, newest]]);
}

async function collectTargets(
  source: ArchiveSource,
  gun: Gun,
  meta: ReadonlyMap<RoleName, FileMeta & { readonly sha256: string }>,
  o: Options,
): Promise<ReadonlyMap<RoleName, Uint8Array>> {
  const named = [...meta].filter(([role]) => isTargetsRole(role));
  const announcedBytes = named.reduce((sum, [, { length }]) => sum + length, 0);
  if (announcedBytes > maxRepositoryBytes)
    throw new ArchiveError("archive/too-large", `it has more than ${maxRepositoryBytes} bytes`);
  const fetched = await mapBounded(parallelFetches, named, async ([role, announced]) => {
    const about = { ...o, maxBytes: announced.length };
    const bytes = await source.byChecksum(gun, role, announced.sha256, about);
    // A server may have lost a delegation; what is left is worth keeping, and the gap is told.
    if (bytes === undefined && role !== targetsRole) return [];
    return [[role, required(role, announced, bytes)] as const];
  });
  return new Map(fetched.flat());
}

function required(role: RoleName, announced: FileMeta, bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw unsound(role, "the server does not have the file");
  const found = describeFile(bytes);
  if (found.sha256 !== announced.sha256 || found.length !== announced.length)
    throw unsound(role, "the file differs from its announced hash");
  return bytes;
}

function reading<Value>(role: RoleName, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof TufError) throw unsound(role, cause.message, cause);
    throw cause;
  }
}

function unsound(role: string, detail: string, cause?: unknown): ArchiveError {
  return new ArchiveError("archive/unsound", `${role} does not verify: ${detail}`, { cause });
}
