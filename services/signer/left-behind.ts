import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  decodeTargets,
  parentOf,
  requireContent,
  targetsRole,
  TufError,
  verifyThreshold,
  type Delegation,
  type FileMeta,
  type RoleName,
} from "#domain/tuf";
import type { Draft } from "./draft.ts";

/** A file that a server has, by what its snapshot says of it; undefined where it cannot be had any more. */
export type ServedFile = (
  gun: Gun,
  role: RoleName,
  meta: FileMeta,
  o: Options,
) => Promise<Uint8Array | undefined>;

/** The last file of a role that nobody delegates to now, as its signers left it. */
export type LeftBehind = {
  readonly version: number;
  readonly tags: readonly string[];
  /** Whether it counts again as soon as the role is delegated so. */
  readonly revivesUnder: (delegation: Delegation) => boolean;
};

/**
 * What the server has left of those of `roles` that nobody delegates to now. A server that keeps the snapshot may
 * keep a role's entry and file when it is taken away, as Notary's does: given again with the same key, the
 * role would say at once what it said then.
 */
export async function leftBehind(
  servedFile: ServedFile | undefined,
  at: { readonly gun: Gun; readonly draft: Draft; readonly roles: Iterable<RoleName> },
  o: Options,
): Promise<ReadonlyMap<RoleName, LeftBehind>> {
  const { gun, draft } = at;
  const found = new Map<RoleName, LeftBehind>();
  for (const role of new Set(at.roles)) {
    const meta = draft.snapshot.meta.get(role);
    if (meta === undefined || isDelegatedIn(draft, role)) continue;
    const bytes = await servedFile?.(gun, role, meta, o);
    const left = bytes === undefined ? undefined : readLeft(role, bytes, meta);
    if (left !== undefined) found.set(role, left);
  }
  return found;
}

function isDelegatedIn({ contents }: Draft, role: RoleName): boolean {
  const parent = contents.get(parentOf(role) ?? targetsRole);
  return parent === undefined || parent.delegations.some(({ name }) => name === role);
}

function readLeft(role: RoleName, bytes: Uint8Array, meta: FileMeta): LeftBehind | undefined {
  return quietly(() => {
    requireContent(role, bytes, meta);
    const file = decodeTargets(bytes, role);
    return {
      version: file.signed.version,
      tags: [...file.signed.targets.keys()].sort(),
      revivesUnder: (delegation) => quietly(() => verifyThreshold(file, delegation)) !== undefined,
    };
  });
}

/** What is no such file, or not signed so, is as good as none. */
export function quietly<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof TufError) return undefined;
    throw error;
  }
}
