import type { PublicKey, RoleName, Target } from "#domain/tuf";
import type { Change, DelegationEdit } from "#services/signer";
import { releasesRole } from "./released.ts";

const nothing = { addKeys: [], removeKeys: [], addPaths: [], removePaths: [], clearPaths: false };

/** Makes somebody a signer: in a role of their own, and in `targets/releases`. */
export function addSigner(role: RoleName, keys: readonly PublicKey[]): readonly Change[] {
  return [role, releasesRole].flatMap((each) => [
    edit("delegation-add", each, { threshold: 1, addKeys: keys }),
    edit("delegation-add", each, { addPaths: [""] }),
  ]);
}

/** Takes a signer's keys out of `targets/releases`, where that is there, and the role away. */
export function removeSigner(
  role: RoleName,
  keyIds: readonly string[],
  { hasReleases }: { readonly hasReleases: boolean },
): readonly Change[] {
  const releases = edit("delegation-edit", releasesRole, { removeKeys: keyIds });
  return [...(hasReleases ? [releases] : []), { kind: "delegation-remove", role }];
}

export function addTarget(
  roles: readonly RoleName[],
  name: string,
  target: Target,
): readonly Change[] {
  return roles.map((role) => ({ kind: "target-add", role, name, target }));
}

export function removeTarget(roles: readonly RoleName[], name: string): readonly Change[] {
  return roles.map((role) => ({ kind: "target-remove", role, name }));
}

function edit(
  kind: "delegation-add" | "delegation-edit",
  role: RoleName,
  part: Partial<DelegationEdit>,
): Change {
  return { kind, role, edit: { ...nothing, ...part } };
}
