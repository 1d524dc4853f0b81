import { isDeepStrictEqual } from "node:util";
import { unreachable } from "#domain/kernel";
import { isTargetsRole, parentOf, targetsRole, type RoleName, type Target } from "#domain/tuf";
import { refused } from "./errors.ts";
import type { Change, DelegationEdit } from "./change.ts";
import type { Draft } from "./draft.ts";
import { editDelegation, isSameDelegation, newDelegation, withoutKeys } from "./edit-delegation.ts";
import {
  contentAt,
  delegationAt,
  drop,
  edit,
  isDelegated,
  replaceDelegation,
  requirePathsWithin,
  requireWithin,
  type DraftInWork,
} from "./draft-in-work.ts";

/**
 * The draft after all changes, in their order, by the rules of Notary's client. What is as it should be
 * already changes nothing, and its role need not be signed. Throws `signer/change-refused` for the first
 * change that makes no sense, or `signer/key-unsuitable`. `begun`: roles that are signed after them in any case,
 * empty where they say nothing that may be built on.
 */
export function applyChanges(
  draft: Draft,
  changes: readonly Change[],
  begun: readonly RoleName[] = [],
): Draft {
  const witnessed = changes.flatMap((change) => (change.kind === "witness" ? [change.role] : []));
  const work: DraftInWork = {
    draft,
    witnessed: new Set(witnessed),
    edited: new Map(),
    dirty: new Set(draft.dirty),
    dropped: new Set(),
  };
  for (const change of changes) apply(work, change);
  for (const role of begun) {
    edit(work, role);
    work.dirty.add(role);
  }
  return {
    ...draft,
    contents: new Map([...draft.contents, ...work.edited]),
    dirty: new Set([...work.dirty].filter((role) => isDelegated(work, role))),
  };
}

function apply(work: DraftInWork, change: Change): void {
  switch (change.kind) {
    case "target-add":
      return addTarget(work, requireTargets(change.role), change);
    case "target-remove":
      return removeTarget(work, requireTargets(change.role), change.name);
    case "delegation-add":
    case "delegation-edit":
      return delegate(work, change.role, change.edit, change.kind === "delegation-add");
    case "delegation-remove":
      return undelegate(work, change.role);
    case "delegation-purge":
      return purge(work, requireTargets(change.below), change.removeKeys);
    case "witness":
      return witness(work, change.role);
    default:
      return unreachable(change);
  }
}

function addTarget(
  work: DraftInWork,
  role: RoleName,
  { name, target }: { readonly name: string; readonly target: Target },
): void {
  if (role !== targetsRole) delegationAt(work, role);
  requireWithin(work, role, name);
  const isStale = work.draft.expired.has(role);
  const before = contentAt(work, role)?.targets.get(name);
  if (isSameTarget(before, target) && !isStale) return;
  edit(work, role).targets.set(name, target);
  work.dirty.add(role);
}

/** Custom data is one object or another, as its file was read. */
export function isSameTarget(before: Target | undefined, target: Target): boolean {
  return isDeepStrictEqual(before, target, { skipPrototype: true });
}

function removeTarget(work: DraftInWork, role: RoleName, name: string): void {
  if (role !== targetsRole) delegationAt(work, role);
  if (contentAt(work, role)?.targets.has(name) !== true) return;
  edit(work, role).targets.delete(name);
  work.dirty.add(role);
}

function delegate(
  work: DraftInWork,
  role: RoleName,
  wish: DelegationEdit,
  isAdding: boolean,
): void {
  const parent = parentFor(role);
  const before = contentAt(work, parent)?.delegations.find(({ name }) => name === role);
  if (before === undefined && !isAdding) delegationAt(work, role);
  const next = before === undefined ? newDelegation(role, wish) : extended(before, wish, isAdding);
  requirePathsWithin(work, parent, wish.addPaths);
  if (before !== undefined && isSameDelegation(before, next)) return;
  replaceDelegation(edit(work, parent), next);
  work.dirty.add(parent);
}

/** The threshold of an addition is for a role that is made by it: an existing one keeps its own. */
function extended(
  before: Parameters<typeof editDelegation>[0],
  wish: DelegationEdit,
  isAdding: boolean,
): ReturnType<typeof editDelegation> {
  return editDelegation(before, isAdding ? { ...wish, threshold: before.threshold } : wish);
}

function undelegate(work: DraftInWork, role: RoleName): void {
  const parent = parentFor(role);
  if (parent !== targetsRole) delegationAt(work, parent);
  const isThere = contentAt(work, parent)?.delegations.some(({ name }) => name === role) ?? false;
  if (!isThere) return;
  const edited = edit(work, parent);
  edited.delegations = edited.delegations.filter(({ name }) => name !== role);
  work.dirty.add(parent);
  work.dirty.delete(role);
  drop(work, role);
}

function purge(work: DraftInWork, below: RoleName, ids: readonly string[]): void {
  const queue = [below];
  for (const role of queue) {
    const content = contentAt(work, role);
    if (content === undefined) continue;
    queue.push(...content.delegations.map(({ name }) => name));
    const next = content.delegations.map((delegation) => withoutKeys(delegation, ids));
    if (next.every((delegation, index) => delegation === content.delegations[index])) continue;
    edit(work, role).delegations = next;
    work.dirty.add(role);
  }
}

function witness(work: DraftInWork, role: RoleName): void {
  if (!isTargetsRole(role)) throw refused(`type of ${role} change not yet supported: witness`);
  if (contentAt(work, role) === undefined)
    throw refused(`tuf: invalid role ${role}. this role is not known`);
  if (role !== targetsRole) delegationAt(work, role);
  edit(work, role);
  work.dirty.add(role);
}

function requireTargets(role: RoleName): RoleName {
  if (!isTargetsRole(role)) throw refused(`${role} lists no targets and delegates nothing`);
  return role;
}

function parentFor(role: RoleName): RoleName {
  const parent = parentOf(role);
  if (parent === undefined)
    throw refused(`tuf: invalid role ${role}. invalid delegation role name`);
  return parent;
}
