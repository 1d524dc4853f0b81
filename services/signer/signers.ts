import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { parseRoleName, type PublicKey, type RoleName } from "#domain/tuf";
import type { Change, DelegationEdit } from "./change.ts";
import { refused, SignerError } from "./errors.ts";
import { canonicalIds, canSign, publishChanges, type Present } from "./publish-changes.ts";
import type { PublishParts } from "./publish.ts";

/** Somebody's role and the keys it is to have. */
export type NewSigner = { readonly role: RoleName; readonly keys: readonly PublicKey[] };

export type RemovedSigner = {
  readonly role: RoleName;
  /** What the role said: approvals that no longer count. */
  readonly tags: readonly string[];
  /**
   * What became of `targets/releases`: its file is signed again with a key that stays; nobody who stays signed
   * it, so that it counts for nothing until somebody signs it; or nothing.
   */
  readonly releases: "signed-again" | "unsigned" | "untouched";
  /** Other roles that go on having a key of the signer. */
  readonly elsewhere: readonly RoleName[];
};

const releases = parseRoleName("targets/releases");

/** The role that a signer of this name has. Throws `signer/change-refused`. */
export function signerRole(name: string): RoleName {
  const role = parseRoleName(`targets/${name.toLowerCase().replaceAll(/[^-a-z0-9_]/g, "_")}`);
  if (role === releases) throw refused("releases is no name for a signer");
  return role;
}

/**
 * Gives signers a role of their own and a place in `targets/releases`, and publishes that. A repository that is
 * nowhere is begun. Throws `signer/key-missing` where the keys of `targets` are not held, and as `Signer.publish`.
 */
export async function addSigners(
  parts: PublishParts,
  gun: Gun,
  signers: readonly NewSigner[],
  o: Options,
): Promise<{ readonly isNew: boolean; readonly isChanged: boolean }> {
  const changesFor = (present: Present): readonly Change[] => {
    requireOwner(present);
    const there = new Set<RoleName>(present.delegations.map(({ name }) => name));
    return signers.flatMap(({ role, keys }) =>
      [role, releases].map((name): Change => {
        const addPaths = there.has(name) ? [] : [""];
        there.add(name);
        return {
          kind: "delegation-add",
          role: name,
          edit: { ...nothing, addKeys: keys, addPaths },
        };
      }),
    );
  };
  const { isNew, roles } = await publishChanges(parts, gun, { begins: true, changesFor }, o);
  return { isNew, isChanged: roles.length > 0 };
}

/**
 * Takes away a signer's role, and its keys out of `targets/releases`. What was released stays so: where a key
 * that stays is held here, it signs the list again as it is. `signedBy`: canonical ids of the keys whose
 * signatures are on the list now. Throws `signer/change-refused` where there is no such role, and as above.
 */
export async function removeSigner(
  parts: PublishParts,
  gun: Gun,
  {
    role,
    releasesSignedBy,
  }: { readonly role: RoleName; readonly releasesSignedBy: readonly string[] },
  o: Options,
): Promise<RemovedSigner> {
  let done: RemovedSigner = { role, tags: [], releases: "untouched", elsewhere: [] };
  const changesFor = (present: Present): readonly Change[] => {
    const { delegations, held } = present;
    const own = delegations.find(({ name }) => name === role);
    if (own === undefined || role === releases)
      throw refused(`${gun} has no signer's role ${role}`);
    requireOwner(present);
    const ids = canonicalIds(own);
    const list = delegations.find(({ name }) => name === releases);
    const listIds = list === undefined ? [] : canonicalIds(list);
    const staying = listIds.filter((id) => !ids.includes(id));
    const isTouched = staying.length < listIds.length;
    const isList = present.targets.has(releases);
    const needsSigning =
      isTouched && isList && !releasesSignedBy.some((id) => staying.includes(id));
    const signsAgain = needsSigning && staying.some((id) => held.has(id));
    done = {
      role,
      tags: [...(present.targets.get(role)?.keys() ?? [])].sort(),
      releases: !needsSigning ? "untouched" : signsAgain ? "signed-again" : "unsigned",
      elsewhere: delegations
        .filter(({ name }) => name !== role && name !== releases)
        .filter((other) => canonicalIds(other).some((id) => ids.includes(id)))
        .map(({ name }) => name),
    };
    return [
      { kind: "delegation-remove", role },
      ...(isTouched
        ? [
            {
              kind: "delegation-edit",
              role: releases,
              edit: { ...nothing, removeKeys: ids },
            } as const,
          ]
        : []),
      ...(signsAgain ? [{ kind: "witness", role: releases } as const] : []),
    ];
  };
  await publishChanges(parts, gun, { begins: false, changesFor }, o);
  return done;
}

const nothing: DelegationEdit = {
  addKeys: [],
  removeKeys: [],
  addPaths: [],
  removePaths: [],
  clearPaths: false,
};

function requireOwner({ owners, held }: Present): void {
  if (canSign(owners, held)) return;
  throw new SignerError("signer/key-missing", "the repository's targets key is not held here", {
    role: parseRoleName("targets"),
    keyIds: canonicalIds(owners),
  });
}
