import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { parseRoleName, type PublicKey, type RoleName } from "#domain/tuf";
import type { Change, DelegationEdit } from "./change.ts";
import { newDelegation } from "./edit-delegation.ts";
import { refused, SignerError } from "./errors.ts";
import {
  canonicalIds,
  canSign,
  publishChanges,
  type Present,
  type Wanted,
} from "./publish-changes.ts";
import type { PublishParts } from "./publish.ts";

/** Somebody's role and the keys it is to have. */
export type NewSigner = { readonly role: RoleName; readonly keys: readonly PublicKey[] };

/** An earlier list of a role that is given again, which the server has kept. */
export type KeptList = { readonly role: RoleName; readonly tags: readonly string[] };

export type AddedSigners = {
  readonly isNew: boolean;
  readonly isChanged: boolean;
  /** Roles that begin anew: what the server had kept of them does not count. */
  readonly begun: readonly KeptList[];
  /** Roles whose earlier list counts again. */
  readonly revived: readonly KeptList[];
};

export type AddOptions = {
  /** What the server has kept of a role counts again. */
  readonly keepsLists?: boolean;
  /** Asked before earlier lists come to count again that nobody here can sign empty; stops it by throwing. */
  readonly onRevival?: (lists: readonly KeptList[]) => Promise<void>;
};

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
 * nowhere is begun. A role that was taken away before begins anew: where the server has kept its list, and the same
 * key would have it count again, an empty one is signed in its place, if the key is held. Throws
 * `signer/key-missing` where the keys of `targets` are not held, and as `Signer.publish`.
 */
export async function addSigners(
  parts: PublishParts,
  gun: Gun,
  signers: readonly NewSigner[],
  how: AddOptions,
  o: Options,
): Promise<AddedSigners> {
  let lists: Pick<AddedSigners, "begun" | "revived"> = { begun: [], revived: [] };
  const wantedFor = async (present: Present): Promise<Wanted> => {
    requireOwner(present);
    const there = new Set<RoleName>(present.delegations.map(({ name }) => name));
    lists = await keptLists(present, signers, how);
    if (lists.revived.length > 0 && how.keepsLists !== true) await how.onRevival?.(lists.revived);
    const changes = signers.flatMap(({ role, keys }) =>
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
    return { changes, begun: lists.begun.map(({ role }) => role) };
  };
  const { isNew, roles } = await publishChanges(parts, gun, { begins: true, wantedFor }, o);
  return { isNew, isChanged: roles.length > 0, ...lists };
}

/** What the server has kept of the roles that are made, as far as the keys they are given would have it count. */
async function keptLists(
  present: Present,
  signers: readonly NewSigner[],
  how: AddOptions,
): Promise<Pick<AddedSigners, "begun" | "revived">> {
  const given = new Map<RoleName, readonly PublicKey[]>();
  for (const { role, keys } of signers)
    for (const name of [role, releases]) given.set(name, [...(given.get(name) ?? []), ...keys]);
  const begun: KeptList[] = [];
  const revived: KeptList[] = [];
  for (const [role, left] of await present.leftBehind([...given.keys()])) {
    const edit = { ...nothing, addKeys: given.get(role) ?? [], addPaths: [""] };
    const delegation = newDelegation(role, edit);
    if (left.tags.length === 0 || !left.revivesUnder(delegation)) continue;
    const isEmptied = how.keepsLists !== true && canSign(delegation, present.held);
    (isEmptied ? begun : revived).push({ role, tags: left.tags });
  }
  return { begun, revived };
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
  const wantedFor = (present: Present): Wanted => {
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
    const changes: readonly Change[] = [
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
    return { changes };
  };
  await publishChanges(parts, gun, { begins: false, wantedFor }, o);
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
