import type { Brand } from "#domain/kernel";
import { TufError } from "./errors.ts";

/** `root`, `targets`, `snapshot`, `timestamp`, or a delegation such as `targets/releases`. */
export type RoleName = Brand<string, "RoleName">;

const base: ReadonlySet<string> = new Set(["root", "targets", "snapshot", "timestamp"]);
const DELEGATION = /^targets(?:\/[-a-z0-9_]+)+$/;
const maxDelegationCharacters = 255;

/** Reads a role name, or gives undefined for what is none. */
export function tryRoleName(text: string): RoleName | undefined {
  const fits = base.has(text) || (text.length <= maxDelegationCharacters && DELEGATION.test(text));
  return fits ? (text as RoleName) : undefined;
}

/** Reads a role name. Throws `tuf/role-invalid`. */
export function parseRoleName(text: string): RoleName {
  const role = tryRoleName(text);
  if (role === undefined)
    throw new TufError("tuf/role-invalid", `tuf: invalid role ${text.slice(0, 80)}.`);
  return role;
}

export const rootRole = parseRoleName("root");
export const targetsRole = parseRoleName("targets");
export const snapshotRole = parseRoleName("snapshot");
export const timestampRole = parseRoleName("timestamp");

/** Whether the role's file lists targets: `targets` itself and every delegation. */
export function isTargetsRole(role: RoleName): boolean {
  return role === targetsRole || role.startsWith("targets/");
}

/** The role that delegates to `role`; undefined for the four roles that root names. */
export function parentOf(role: RoleName): RoleName | undefined {
  const slash = role.lastIndexOf("/");
  return slash < 0 ? undefined : parseRoleName(role.slice(0, slash));
}

/** Orders targets roles so that every parent comes before its children: by depth, then by name. */
export function byDepth(a: RoleName, b: RoleName): number {
  const depth = a.split("/").length - b.split("/").length;
  return depth === 0 ? (a < b ? -1 : Number(a > b)) : depth;
}
