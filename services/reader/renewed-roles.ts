import {
  decodeRoot,
  snapshotRole,
  targetsRole,
  timestampRole,
  type RoleKeys,
  type RoleName,
  type Root,
  type Trusted,
} from "#domain/tuf";

/**
 * Roles whose keys the newer root has replaced so far that no file signed before it can meet the role's
 * threshold any more. What was seen of them is void: a thief who raised their versions out of reach has
 * lost (TUF specification 1.0, section 5.3.11), and what the replaced keys signed cannot come back.
 */
export function renewedRoles(
  anchor: Uint8Array | undefined,
  root: Trusted<Root>,
): readonly RoleName[] {
  if (anchor === undefined || Buffer.from(anchor).equals(root.bytes)) return [];
  const before = decodeRoot(anchor).signed;
  if (before.version === root.signed.version) return [];
  const roles = [
    [timestampRole, before.timestamp, root.signed.timestamp],
    [snapshotRole, before.snapshot, root.signed.snapshot],
    [targetsRole, before.targets, root.signed.targets],
  ] as const;
  return roles.filter(([, old, renewed]) => isRenewed(old, renewed)).map(([role]) => role);
}

function isRenewed(old: RoleKeys, renewed: RoleKeys): boolean {
  const known = fingerprintsOf(old);
  const kept = [...fingerprintsOf(renewed)].filter((fingerprint) => known.has(fingerprint));
  return kept.length < renewed.threshold;
}

function fingerprintsOf(role: RoleKeys): ReadonlySet<string> {
  const materials = [...role.keys.values()].map((key) => key.material?.fingerprint);
  return new Set(materials.filter((fingerprint) => fingerprint !== undefined));
}
