import type { Options } from "#domain/kernel";
import {
  decodeRoot,
  decodeSnapshot,
  decodeTargets,
  decodeTimestamp,
  rootRole,
  snapshotRole,
  targetsRole,
  timestampRole,
  TufError,
  verifyRoot,
  verifySuccessor,
  type RoleKeys,
  type RoleName,
} from "#domain/tuf";
import type { ArchivedRepository } from "./archived.ts";
import { ArchiveError } from "./errors.ts";
import type { Judgement } from "./judgement.ts";
import type { ClientCache } from "./ports.ts";

/** `kept`: the client has seen the same or newer files, and nothing was written. */
export type Imported = {
  readonly kind: "imported" | "kept";
  readonly pinned: "new" | "moved" | "same";
};

/**
 * Gives a Notary client what the archive knows of a repository, as if it had read it from a server: its root is
 * then pinned, and nothing older is believed. A pin that is there stays unless the archive's roots lead on
 * from it. Data that has expired is given too: a client trusts it no more than it would trust its own old
 * cache, but knows the root. Throws `archive/unsound` or `archive/another-repository`; keys are not in an archive.
 */
export async function importInto(
  cache: ClientCache,
  { repository, judgement }: { repository: ArchivedRepository; judgement: Judgement },
  o: Options,
): Promise<Imported> {
  const [fault] = judgement.faults;
  if (judgement.content === undefined || fault !== undefined)
    throw new ArchiveError(
      "archive/unsound",
      `${fault?.role ?? rootRole} does not verify: ${fault?.detail ?? ""}`,
    );
  const pinned = await cache.file(rootRole, o);
  const pin = pinOf(pinned, repository);
  if (pin === "newer") return { kind: "kept", pinned: "same" };
  if (pin === "same" && (await newerIn(cache, repository, everyRole, o)) !== undefined)
    return { kind: "kept", pinned: pin };
  if (pin === "moved" && pinned !== undefined) {
    // Who has not seen this root yet has seen nothing that came after it, but what other keys signed.
    const role = await newerIn(cache, repository, sameKeys(pinned, repository), o);
    if (role !== undefined)
      throw another(`${role} there is newer than what the archive has under a newer root`);
  }
  const counted = judgement.content.roles.filter(({ state }) => state === "signed");
  const files = new Map<RoleName, Uint8Array>();
  for (const { role } of counted) {
    const bytes = fileOf(repository, role);
    if (bytes !== undefined) files.set(role, bytes);
  }
  await cache.writeFiles(files, o);
  return { kind: "imported", pinned: pin };
}

/** What the client's root is to the archive's. Throws `archive/another-repository`. */
function pinOf(
  bytes: Uint8Array | undefined,
  { roots }: ArchivedRepository,
): "new" | "same" | "moved" | "newer" {
  if (bytes === undefined) return "new";
  const newest = Math.max(...roots.keys());
  try {
    let trusted = verifyRoot(decodeRoot(bytes));
    const { version } = trusted.signed;
    const same = roots.get(version);
    if (same !== undefined && Buffer.compare(same, bytes) !== 0)
      throw another(`root ${version} there is another file`);
    if (version > newest) return newerThan(trusted, roots.get(newest));
    for (const [next, file] of [...roots].toSorted(([a], [b]) => a - b))
      if (next > version) trusted = verifySuccessor(trusted, decodeRoot(file), "any-later");
    return version === newest ? "same" : "moved";
  } catch (cause) {
    if (cause instanceof TufError)
      throw another("the root there and those of the archive do not lead to each other", cause);
    throw cause;
  }
}

function newerThan(pinned: ReturnType<typeof verifyRoot>, newest: Uint8Array | undefined): "newer" {
  // One step can be checked; of several the roots in between are not here.
  if (newest !== undefined) {
    const ours = verifyRoot(decodeRoot(newest));
    if (pinned.signed.version === ours.signed.version + 1) verifySuccessor(ours, pinned);
  }
  return "newer";
}

type Counts = (role: RoleName) => boolean;
const everyRole: Counts = () => true;

/** The roles of root whose keys are the same in the archive's root as in the one that is pinned. */
function sameKeys(pinned: Uint8Array, repository: ArchivedRepository): Counts {
  const [before, after] = [pinned, fileOf(repository, rootRole) ?? pinned].map((bytes) => {
    const { timestamp, snapshot, targets } = decodeRoot(bytes).signed;
    return new Map([
      [timestampRole, timestamp],
      [snapshotRole, snapshot],
      [targetsRole, targets],
    ]);
  });
  const idsOf = (keys: RoleKeys | undefined): string =>
    [...(keys?.keys.keys() ?? [])].sort().join();
  return (role) =>
    before?.has(role) === true && idsOf(before.get(role)) === idsOf(after?.get(role));
}

/** A role of which the client has a newer file than the archive. */
async function newerIn(
  cache: ClientCache,
  repository: ArchivedRepository,
  counts: Counts,
  o: Options,
): Promise<RoleName | undefined> {
  const roles = [timestampRole, snapshotRole, ...repository.targets.keys()];
  for (const role of roles.filter(counts)) {
    const [bytes, ours] = [await cache.file(role, o), fileOf(repository, role)];
    if (bytes === undefined || ours === undefined) continue;
    try {
      if (versionOf(role, bytes) > versionOf(role, ours)) return role;
    } catch (error) {
      if (!(error instanceof TufError)) throw error;
      // A file that the client could not read either: it is replaced.
    }
  }
  return undefined;
}

function versionOf(role: RoleName, bytes: Uint8Array): number {
  if (role === timestampRole) return decodeTimestamp(bytes).signed.version;
  if (role === snapshotRole) return decodeSnapshot(bytes).signed.version;
  return decodeTargets(bytes, role).signed.version;
}

function fileOf(repository: ArchivedRepository, role: RoleName): Uint8Array | undefined {
  switch (role) {
    case rootRole:
      return repository.roots.get(Math.max(...repository.roots.keys()));
    case timestampRole:
      return repository.timestamp;
    case snapshotRole:
      return repository.snapshot;
    default:
      return repository.targets.get(role);
  }
}

function another(detail: string, cause?: unknown): ArchiveError {
  return new ArchiveError(
    "archive/another-repository",
    `it is not the repository that is pinned there: ${detail}`,
    { cause },
  );
}
