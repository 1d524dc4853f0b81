import type { Digest } from "#domain/oci";
import type { RoleEvidence } from "./evidence.ts";
import type { Reason } from "./reason.ts";

export const releasesRole = "targets/releases";
const baseRole = "targets";

/** Whether a role releases images: `targets/releases`, or `targets` for what that one does not list. */
export function isReleasingRole(role: string): boolean {
  return role === releasesRole || role === baseRole;
}

/**
 * Why the released digests cannot be read, if so. A `targets/releases` that is there but cannot be
 * trusted is never passed over in favour of `targets`: that would undo what its signers decided.
 */
export function unusableReleases(roles: readonly RoleEvidence[]): Reason | undefined {
  for (const role of roles) {
    if (!isReleasingRole(role.name)) continue;
    const reason = unusable(role);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** What is wrong with a role's file, if anything. */
export function unusable(role: RoleEvidence): Reason | undefined {
  switch (role.state) {
    case "expired":
      return { kind: "expired", role: role.name, expiredAt: role.expires };
    case "tampered":
      return { kind: "tampered", role: role.name, detail: "its signatures or hashes do not fit" };
    default:
      return undefined;
  }
}

/** The digest that `tag` stands for: what `targets/releases` lists, else what `targets` lists. */
export function released(roles: readonly RoleEvidence[], tag: string): Digest | undefined {
  return entryOf(roles, releasesRole, tag) ?? entryOf(roles, baseRole, tag);
}

/** The role that releases `tag`. */
export function releasingRole(roles: readonly RoleEvidence[], tag: string): string {
  return entryOf(roles, releasesRole, tag) === undefined ? baseRole : releasesRole;
}

/** The tags that stand for `digest`, the one that the client named first, then by name. */
export function releasedAs(
  roles: readonly RoleEvidence[],
  digest: Digest,
  named?: string,
): readonly string[] {
  const tags = new Set<string>();
  for (const role of roles) {
    if (!isReleasingRole(role.name)) continue;
    for (const [tag, entry] of role.targets)
      if (entry === digest && released(roles, tag) === digest) tags.add(tag);
  }
  return [...tags].sort((a, b) => Number(b === named) - Number(a === named) || (a < b ? -1 : 1));
}

function entryOf(roles: readonly RoleEvidence[], name: string, tag: string): Digest | undefined {
  return roles.find((role) => role.name === name && role.state === "valid")?.targets.get(tag);
}
