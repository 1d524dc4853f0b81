import { delegationTo, everything, isWithin, reachOf, type Reach } from "./delegation.ts";
import type { OpenRepository } from "./repository.ts";
import { parentOf, targetsRole, type RoleName } from "./role-name.ts";
import type { Target, Targets } from "./targets.ts";

/** A target, and the role whose word it is. */
export type FoundTarget = {
  readonly name: string;
  readonly role: RoleName;
  readonly target: Target;
};

/**
 * All targets of a verified repository, each name once, in the order in which they are found: breadth first
 * from `targets`, where the first role that names a target has it (reference: delegations, look-up). With
 * `roles`, the subtree of each in turn: earlier roles win, and while one is walked the others are passed over
 * together with what hangs below them.
 */
export function listTargets(
  open: Pick<OpenRepository, "targets">,
  roles: readonly RoleName[] = [targetsRole],
): readonly FoundTarget[] {
  const found = new Map<string, FoundTarget>();
  for (const { role, file, reach } of walk(open, roles))
    for (const [name, target] of file.targets)
      if (!found.has(name) && isWithin(name, reach)) found.set(name, { name, role, target });
  return [...found.values()];
}

/** The target that a name stands for, by the same order; undefined where no role names it. */
export function findTarget(
  open: Pick<OpenRepository, "targets">,
  name: string,
  roles: readonly RoleName[] = [targetsRole],
): FoundTarget | undefined {
  for (const { role, file, reach } of walk(open, roles)) {
    const target = isWithin(name, reach) ? file.targets.get(name) : undefined;
    if (target !== undefined) return { name, role, target };
  }
  return undefined;
}

type Visited = { readonly role: RoleName; readonly file: Targets; readonly reach: Reach };

function* walk(
  open: Pick<OpenRepository, "targets">,
  roles: readonly RoleName[],
): Generator<Visited> {
  for (const start of roles) {
    const others = new Set(roles.filter((role) => role !== start));
    const reach = reachIn(open, start);
    const queue = reach === undefined ? [] : [{ role: start, reach }];
    for (const { role, reach: within } of queue) {
      const file = open.targets.get(role)?.signed;
      if (file === undefined) continue;
      yield { role, file, reach: within };
      for (const child of file.delegations)
        if (!others.has(child.name))
          queue.push({ role: child.name, reach: reachOf(child, within) });
    }
  }
}

/** Which names a role may speak about, from `targets` down; undefined for one that is not delegated to. */
export function reachIn(open: Pick<OpenRepository, "targets">, role: RoleName): Reach | undefined {
  const parent = parentOf(role);
  if (parent === undefined) return role === targetsRole ? everything : undefined;
  const file = open.targets.get(parent);
  const delegation = file === undefined ? undefined : delegationTo(file.signed, role);
  const above = delegation === undefined ? undefined : reachIn(open, parent);
  return delegation === undefined || above === undefined ? undefined : reachOf(delegation, above);
}
