import {
  isWithin,
  parentOf,
  reachOf,
  targetsRole,
  type Delegation,
  type Reach,
  type RoleName,
  type Target,
} from "#domain/tuf";
import type { Content, Draft } from "./draft.ts";
import { refused, SignerError } from "./errors.ts";

/** A role's content while it is edited. A repository may have ten thousand targets: they are copied once. */
export type Edited = {
  readonly version: number;
  readonly targets: Map<string, Target>;
  delegations: readonly Delegation[];
};

/** A draft while changes are applied to it, one after the other. */
export type DraftInWork = {
  readonly draft: Draft;
  /** Roles that some change signs again as they are: their unsigned content may be built on. */
  readonly witnessed: ReadonlySet<RoleName>;
  readonly edited: Map<RoleName, Edited>;
  readonly dirty: Set<RoleName>;
  /** Roles that some change took away. */
  readonly dropped: Set<RoleName>;
};

/** What a role says at this point; undefined where it says nothing that may be built on, or nobody asks it. */
export function contentAt(work: DraftInWork, role: RoleName): Content | undefined {
  return isDelegated(work, role) ? ownContent(work, role) : undefined;
}

/** Whether a role is reached from `targets` at this point. */
export function isDelegated(work: DraftInWork, role: RoleName): boolean {
  const parent = parentOf(role);
  if (parent === undefined) return role === targetsRole;
  const listed = ownContent(work, parent)?.delegations ?? [];
  return listed.some(({ name }) => name === role) && isDelegated(work, parent);
}

function ownContent(work: DraftInWork, role: RoleName): Content | undefined {
  const { draft, edited, witnessed, dropped } = work;
  const open = edited.get(role);
  if (open !== undefined || dropped.has(role)) return open;
  return draft.contents.get(role) ?? (witnessed.has(role) ? draft.unsigned.get(role) : undefined);
}

/** Forgets what a role and those below it said: when it is delegated again, it begins empty. */
export function drop(work: DraftInWork, role: RoleName): void {
  const { draft, edited, dropped } = work;
  for (const known of [...draft.contents.keys(), ...draft.unsigned.keys(), ...edited.keys()])
    if (known === role || known.startsWith(`${role}/`)) dropped.add(known);
  for (const name of dropped) edited.delete(name);
}

/** The delegation of a role at this point. Throws `signer/change-refused` where nobody delegates to it. */
export function delegationAt(work: DraftInWork, role: RoleName): Delegation {
  const parent = parentOf(role);
  const content = parent === undefined ? undefined : contentAt(work, parent);
  const found = content?.delegations.find(({ name }) => name === role);
  if (found === undefined) throw refused(`tuf: invalid role ${role}. delegation does not exist`);
  return found;
}

/** Opens a role for editing; a delegated role that has no file yet begins one. Throws `signer/change-refused`. */
export function edit(work: DraftInWork, role: RoleName): Edited {
  const open = work.edited.get(role);
  if (open !== undefined) return open;
  if (role !== targetsRole) delegationAt(work, role);
  const before = contentAt(work, role) ?? beginning(work, role);
  const copy = { ...before, targets: new Map(before.targets) };
  work.edited.set(role, copy);
  return copy;
}

/** Throws `signer/change-refused` for a name that the role, or one above it, was not given. */
export function requireWithin(work: DraftInWork, role: RoleName, name: string): void {
  if (isWithin(name, reachAt(work, role))) return;
  throw refused(`Could not add all targets: ${role} may not speak about ${name}`);
}

/** Throws `signer/change-refused` for a path that the delegating role does not have itself. */
export function requirePathsWithin(
  work: DraftInWork,
  role: RoleName,
  paths: readonly string[],
): void {
  const reach = reachAt(work, role);
  if (paths.every((path) => isWithin(path, reach))) return;
  throw refused(`tuf: invalid role ${role}. invalid paths to add to role`);
}

function reachAt(work: DraftInWork, role: RoleName): Reach {
  const parent = parentOf(role);
  return parent === undefined ? [""] : reachOf(delegationAt(work, role), reachAt(work, parent));
}

/**
 * The empty content that a role without usable content goes on from. What too few present keys signed is not
 * signed by the way: it is left out, and the version goes on. A role whose file is there but could not be
 * read has an unknown version: nothing can follow it.
 */
function beginning({ draft, dropped }: DraftInWork, role: RoleName): Content {
  const asleep = draft.unsigned.get(role) ?? draft.contents.get(role);
  const version = asleep?.version ?? draft.floors.get(role);
  const parent = parentOf(role);
  const above = parent === undefined ? undefined : draft.contents.get(parent);
  const wasDelegated = above?.delegations.some(({ name }) => name === role) ?? false;
  // A server that keeps the snapshot can leave a file out of it: whoever signed then would sign its content away.
  if (draft.lost.has(role) && wasDelegated && !dropped.has(role))
    throw new SignerError(
      "signer/change-refused",
      `the server has no file of ${role}, where version ${version} was seen before: nothing can be added to it, unless what is kept here of it is removed first`,
      { role },
    );
  const isNamed = draft.snapshot.meta.has(role) && asleep === undefined;
  if (isNamed && wasDelegated)
    throw refused(`the file of ${role} cannot be read or believed: nothing can be added to it`);
  if (isNamed && version === undefined)
    throw refused(`${role} was delegated before: publish the delegation first, then add to it`);
  return { version: version ?? 0, targets: new Map(), delegations: [] };
}

export function replaceDelegation(edited: Edited, next: Delegation): void {
  const { delegations } = edited;
  const isThere = delegations.some(({ name }) => name === next.name);
  edited.delegations = isThere
    ? delegations.map((delegation) => (delegation.name === next.name ? next : delegation))
    : [...delegations, next];
}
