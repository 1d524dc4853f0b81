import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  targetsRole,
  type Delegation,
  type RoleKeys,
  type RoleName,
  type Target,
} from "#domain/tuf";
import { applyChanges } from "./apply-changes.ts";
import type { Change } from "./change.ts";
import { createKeyring } from "./keyring.ts";
import { leftBehind, type LeftBehind } from "./left-behind.ts";
import { offer } from "./offer.ts";
import { withFloors, type Opened } from "./open-draft.ts";
import type { KeyStore } from "./ports.ts";
import { initialisedNow, type PublishParts } from "./publish.ts";
import type { Published } from "./signer.ts";
import { SignerError } from "./errors.ts";

/** A repository as it is published now, as far as changes are made to it. */
export type Present = {
  /** The keys of `targets`, as root has them. */
  readonly owners: RoleKeys;
  /** Those that `targets` delegates to; not those further down. */
  readonly delegations: readonly Delegation[];
  /** What each role says that can be believed. */
  readonly targets: ReadonlyMap<RoleName, ReadonlyMap<string, Target>>;
  /** Roles that too few of their keys signed. */
  readonly unsigned: ReadonlySet<RoleName>;
  /** Canonical ids of the keys that are held here. */
  readonly held: ReadonlySet<string>;
  /** What the server has left of roles that nobody delegates to now. */
  readonly leftBehind: (roles: readonly RoleName[]) => Promise<ReadonlyMap<RoleName, LeftBehind>>;
};

/** `begun`: roles that are signed empty, after the changes, where none of these says anything in them. */
export type Wanted = { readonly changes: readonly Change[]; readonly begun?: readonly RoleName[] };
export type WantedFor = (present: Present) => Wanted | Promise<Wanted>;

/**
 * Publishes changes that are made for the present state, and made again where somebody else published meanwhile;
 * what is staged stays staged. Nothing is sent where nothing changes. `begins`: a repository that is nowhere is
 * begun, its snapshot kept by the server; else it is `signer/repository-unknown`. Throws as `Signer.publish` does.
 */
export async function publishChanges(
  parts: PublishParts,
  gun: Gun,
  { begins, wantedFor }: { readonly begins: boolean; readonly wantedFor: WantedFor },
  o: Options,
): Promise<Published> {
  const keyring = createKeyring(parts.keys, o);
  const held = await heldIds(parts.keys, o);
  const next = async (opened: Opened | undefined) => {
    if (opened === undefined && !begins)
      throw new SignerError("signer/repository-unknown", `there is no trust data for ${gun}`);
    const how = { serverKeepsSnapshot: true, keyring };
    const { draft } = opened ?? (await initialisedNow(parts, gun, how, o));
    const present: Present = {
      owners: draft.root.targets,
      delegations: draft.contents.get(targetsRole)?.delegations ?? [],
      targets: new Map([...draft.contents].map(([role, { targets }]) => [role, targets])),
      unsigned: new Set(draft.unsigned.keys()),
      held: draft.isNew ? await heldIds(parts.keys, o) : held,
      leftBehind: (of) => leftBehind(parts.servedFile, { gun, draft, roles: of }, o),
    };
    const { changes, begun = [] } = await wantedFor(present);
    const roles = changes.flatMap((change) => ("role" in change ? [change.role] : []));
    const ready = await withFloors(draft, roles, { ...parts, gun }, o);
    return { draft: applyChanges(ready, changes, begun) };
  };
  const { draft, files } = await offer(parts, gun, { keyring, next, onlyNews: true }, o);
  return { roles: [...files.keys()], isNew: draft.isNew };
}

export async function heldIds(keys: KeyStore, o: Options): Promise<ReadonlySet<string>> {
  return new Set((await keys.list(o)).map(({ id }) => id));
}

/** Canonical ids of a role's keys; those that no signature may be checked with by the id they are listed under. */
export function canonicalIds(role: RoleKeys): readonly string[] {
  return [...role.keys.values()].map((key) => key.material?.canonicalId ?? key.id);
}

/** Whether held keys alone can sign for a role. */
export function canSign(role: RoleKeys, held: ReadonlySet<string>): boolean {
  const usable = canonicalIds(role).filter((id) => held.has(id));
  return new Set(usable).size >= Math.max(1, role.threshold);
}
