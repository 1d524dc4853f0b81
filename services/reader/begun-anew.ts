import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  decodeTargets,
  delegationTo,
  parentOf,
  targetsRole,
  TufError,
  verifyThreshold,
  type RoleName,
  type Root,
  type SeenFiles,
  type TrustReading,
  type Trusted,
} from "#domain/tuf";
import type { MetadataSource } from "./ports.ts";
import { SourceFault } from "./source-fault.ts";

/** Versions of `targets` that are looked at, the newest first. */
const maxLookedAt = 32;

/**
 * Delegations that their owner took away and gave again while we did not look: what was seen of them is void, as
 * if we had. Only the owner's word counts, a version of `targets` since the one that we know that does not
 * delegate to the role: a server can leave out files, and that alone says nothing.
 */
export async function begunAnew(
  at: {
    readonly source: MetadataSource;
    readonly gun: Gun;
    readonly root: Trusted<Root>;
    readonly seen: SeenFiles;
    readonly reading: TrustReading;
  },
  o: Options,
): Promise<readonly RoleName[]> {
  const { source, gun, root, seen, reading } = at;
  if (reading.kind !== "verified") return [];
  const now = reading.roles.find(({ name }) => name === targetsRole)?.version;
  const known = seen.get(targetsRole)?.version;
  const unread = new Set(
    reading.roles
      .filter(({ state }) => state.kind === "missing" || state.kind === "tampered")
      .map(({ name }) => name),
  );
  const doubtful = new Set(
    [...seen.keys()].filter((role) => parentOf(role) === targetsRole && unread.has(role)),
  );
  const found: RoleName[] = [];
  if (now === undefined || known === undefined) return found;
  const oldest = Math.max(known + 1, now - maxLookedAt);
  for (let version = now - 1; version >= oldest && doubtful.size > 0; version -= 1)
    for (const role of await notDelegated({ source, gun, root, version, roles: doubtful }, o)) {
      found.push(role);
      doubtful.delete(role);
    }
  return found;
}

/** Those of `roles` that a version of `targets` does not delegate to; none where it cannot be had or believed. */
async function notDelegated(
  at: {
    readonly source: MetadataSource;
    readonly gun: Gun;
    readonly root: Trusted<Root>;
    readonly version: number;
    readonly roles: ReadonlySet<RoleName>;
  },
  o: Options,
): Promise<readonly RoleName[]> {
  try {
    const bytes = await at.source.byVersion(at.gun, targetsRole, at.version, o);
    if (bytes === undefined) return [];
    const { signed } = verifyThreshold(decodeTargets(bytes, targetsRole), at.root.signed.targets);
    if (signed.version !== at.version) return [];
    return [...at.roles].filter((role) => delegationTo(signed, role) === undefined);
  } catch (error) {
    if (error instanceof TufError || error instanceof SourceFault) return [];
    throw error;
  }
}
