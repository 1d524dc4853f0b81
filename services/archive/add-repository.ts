import {
  decodeSnapshot,
  decodeTimestamp,
  decodeTargets,
  targetsRole,
  type RoleName,
} from "#domain/tuf";
import type { ArchivedRepository } from "./archived.ts";
import { ArchiveError } from "./errors.ts";
import { rootHistory } from "./root-history.ts";

/**
 * What an archive holds of a repository after it was fetched again. Roots that the server has lost meanwhile
 * are kept. The archive is a pin: throws `archive/another-repository` when the roots do not go together, and
 * `archive/rolled-back` when something became older.
 */
export function renewed(
  before: ArchivedRepository | undefined,
  after: ArchivedRepository,
): ArchivedRepository {
  if (before === undefined) return after;
  for (const [version, bytes] of after.roots) {
    const known = before.roots.get(version);
    if (known !== undefined && Buffer.compare(known, bytes) !== 0)
      throw another(`root ${version} is another file`);
  }
  const [newestBefore, newestAfter] = [newestOf(before), newestOf(after)];
  if (newestAfter < newestBefore) throw rolledBack("root", newestBefore, newestAfter);
  const roots = new Map([...before.roots, ...after.roots].toSorted(([a], [b]) => a - b));
  const { breaks } = rootHistory(roots);
  const [broken] = breaks.filter(({ at }) => at > newestBefore);
  if (broken !== undefined) throw another(broken.detail);
  const [older, newer] = [versionsOf(before), versionsOf(after)];
  for (const [role, version] of older) {
    const now = newer.get(role) ?? 0;
    if (now < version) throw rolledBack(role, version, now);
  }
  return { ...after, roots };
}

function newestOf({ roots }: ArchivedRepository): number {
  return Math.max(...roots.keys());
}

function versionsOf(of: ArchivedRepository): ReadonlyMap<string, number> {
  const targets = of.targets.get(targetsRole) ?? new Uint8Array();
  return new Map([
    ["timestamp", decodeTimestamp(of.timestamp).signed.version],
    ["snapshot", decodeSnapshot(of.snapshot).signed.version],
    ["targets", decodeTargets(targets, targetsRole).signed.version],
  ]);
}

function another(detail: string): ArchiveError {
  return new ArchiveError(
    "archive/another-repository",
    `it is not the repository that is in the archive: ${detail}`,
  );
}

function rolledBack(role: RoleName | string, before: number, after: number): ArchiveError {
  return new ArchiveError(
    "archive/rolled-back",
    `it went back in time: ${role} ${after}, where the archive has ${before}`,
  );
}
