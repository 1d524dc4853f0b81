import type { KeyFingerprint } from "#domain/identity";
import type { Digest } from "#domain/oci";
import type { People, RoleEvidence } from "./evidence.ts";
import type { UnknownSigner } from "./reason.ts";
import { releasesRole } from "./released.ts";
import type { Countersigner } from "./verdict.ts";

const FIRST_LEVEL = /^targets\/[^/]+$/;

/** Whether signatures in `role` can count at all: a first-level delegation other than `targets/releases`. */
export function isCountingRole(role: string): boolean {
  return FIRST_LEVEL.test(role) && role !== releasesRole;
}

type Image = { readonly tag: string; readonly digest: Digest };

/**
 * Who countersigned: the active owners of keys with a valid signature on a counting role that lists
 * this tag with this digest. A person counts once per role, however many keys they signed with.
 */
export function countersignersOf(
  image: Image,
  roles: readonly RoleEvidence[],
  people: People,
): readonly Countersigner[] {
  const found = new Map<string, Countersigner>();
  for (const role of rolesListing(image, roles)) {
    if (role.state !== "valid") continue;
    for (const key of role.signedBy) {
      const owner = people.owners.get(key);
      if (owner?.standing === "active")
        found.set(`${role.name} ${owner.account}`, { account: owner.account, role: role.name });
    }
  }
  return [...found.values()];
}

/** Whose keys signed this tag and digest in roles that count, although none of them counts. */
export function strangersOn(
  image: Image,
  roles: readonly RoleEvidence[],
  people: People,
): readonly UnknownSigner[] {
  const keys = new Set(rolesListing(image, roles).flatMap((role) => role.signedBy));
  return [...keys].map((key) => strangerOf(key, people));
}

function rolesListing(image: Image, roles: readonly RoleEvidence[]): readonly RoleEvidence[] {
  return roles.filter(
    (role) => isCountingRole(role.name) && role.targets.get(image.tag) === image.digest,
  );
}

function strangerOf(key: KeyFingerprint, people: People): UnknownSigner {
  const owner = people.owners.get(key);
  if (owner === undefined || owner.standing === "active")
    return { kind: "no-account", fingerprint: key };
  return { kind: owner.standing, account: owner.account };
}
