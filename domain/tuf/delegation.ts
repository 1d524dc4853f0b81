import type { RoleName } from "./role-name.ts";
import type { Delegation, Targets } from "./targets.ts";

/** Which target names a role may speak about. */
export type Reach = readonly string[];

/** The reach of `targets` itself. */
export const everything: Reach = [""];

/** What a targets file says about its child `role`; undefined when it delegates nothing to it. */
export function delegationTo(parent: Targets, role: RoleName): Delegation | undefined {
  return parent.delegations.find((delegation) => delegation.name === role);
}

/** The reach of a delegation: those of its paths that lie within its parent's reach. */
export function reachOf(delegation: Delegation, parent: Reach): Reach {
  return delegation.paths.filter((path) => isWithin(path, parent));
}

/** Whether a target name, or a path, lies within `reach`: it begins with one of its prefixes. */
export function isWithin(name: string, reach: Reach): boolean {
  return reach.some((prefix) => name.startsWith(prefix));
}
