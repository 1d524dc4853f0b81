import {
  parentOf,
  signersOf,
  type Delegation,
  type Envelope,
  type RoleKeys,
  type RoleName,
  type Targets,
} from "#domain/tuf";
import type { PastState } from "./history.ts";

/** What one publish changed. */
export type Differences = {
  /** The roles whose files are new, with fingerprints of the keys that signed them. */
  readonly roles: readonly {
    readonly role: RoleName;
    readonly version: number;
    readonly signedBy: readonly string[];
  }[];
  readonly tags: readonly TagChange[];
  readonly delegations: readonly DelegationChange[];
};

export type TagChange = {
  readonly role: RoleName;
  readonly tag: string;
  readonly change: "added" | "moved" | "removed";
  /** Hex; what it is now, and what it was. */
  readonly sha256?: string;
  readonly before?: string;
};

export type DelegationChange = {
  /** `root`, `targets`, `snapshot`, `timestamp` or a delegation. */
  readonly role: RoleName;
  readonly change: "added" | "changed" | "removed";
  /** Fingerprints. */
  readonly addedKeys: readonly string[];
  readonly removedKeys: readonly string[];
};

/** What is new in a state; undefined where nothing is but dates of the server. */
export function compareStates(
  before: PastState | undefined,
  after: PastState,
): Differences | undefined {
  const isRootNew = after.root !== undefined && before?.root?.sha256 !== after.root.sha256;
  const changed = [...after.targets].filter(
    ([role, file]) => before?.targets.get(role)?.sha256 !== file.sha256,
  );
  const gone = [...(before?.targets ?? [])].filter(([role]) => !after.targets.has(role));
  if (!isRootNew && changed.length === 0 && gone.length === 0) return undefined;
  const root =
    isRootNew && after.root !== undefined
      ? [
          {
            role: after.root.role,
            version: after.root.signed.version,
            signedBy: signersOf(after.root, after.root.signed.root),
          },
        ]
      : [];
  return {
    roles: [
      ...root,
      ...changed.map(([role, file]) => {
        const keys = keysFor(after, role);
        const signedBy = keys === undefined ? [] : signersOf(file, keys);
        return { role, version: file.signed.version, signedBy };
      }),
    ],
    tags: [
      ...changed.flatMap(([role, file]) => tagChanges(role, before?.targets.get(role), file)),
      ...gone.flatMap(([role, file]) => tagChanges(role, file, undefined)),
    ],
    delegations: [
      ...(isRootNew ? rootChanges(before, after) : []),
      ...changed.flatMap(([role, file]) => delegationChanges(before?.targets.get(role), file)),
    ],
  };
}

function keysFor(state: PastState, role: RoleName): RoleKeys | undefined {
  const parent = parentOf(role);
  if (parent === undefined) return state.root?.signed.targets;
  return state.targets.get(parent)?.signed.delegations.find(({ name }) => name === role);
}

function tagChanges(
  role: RoleName,
  before: Envelope<Targets> | undefined,
  after: Envelope<Targets> | undefined,
): readonly TagChange[] {
  const [old, now] = [before?.signed.targets, after?.signed.targets];
  const changes: TagChange[] = [];
  for (const [tag, { sha256 = "" }] of now ?? []) {
    const was = old?.get(tag)?.sha256;
    if (was === undefined) changes.push({ role, tag, change: "added", sha256 });
    else if (was !== sha256) changes.push({ role, tag, change: "moved", sha256, before: was });
  }
  for (const [tag, { sha256: was = "" }] of old ?? [])
    if (now?.has(tag) !== true) changes.push({ role, tag, change: "removed", before: was });
  return changes;
}

function delegationChanges(
  before: Envelope<Targets> | undefined,
  after: Envelope<Targets>,
): readonly DelegationChange[] {
  const byName = (file: Envelope<Targets> | undefined): ReadonlyMap<RoleName, Delegation> =>
    new Map(file?.signed.delegations.map((delegation) => [delegation.name, delegation]));
  return roleChanges(byName(before), byName(after));
}

function rootChanges(before: PastState | undefined, after: PastState): readonly DelegationChange[] {
  const roles = (state: PastState | undefined): ReadonlyMap<RoleName, RoleKeys> => {
    if (state?.root === undefined) return new Map();
    const { root, targets, snapshot, timestamp } = state.root.signed;
    return new Map(
      Object.entries({ root, targets, snapshot, timestamp }) as [RoleName, RoleKeys][],
    );
  };
  return roleChanges(roles(before), roles(after));
}

function roleChanges(
  before: ReadonlyMap<RoleName, RoleKeys>,
  after: ReadonlyMap<RoleName, RoleKeys>,
): readonly DelegationChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap(
    (role): readonly DelegationChange[] => {
      const [old, now] = [before.get(role), after.get(role)];
      const [was, is] = [fingerprints(old), fingerprints(now)];
      const addedKeys = is.filter((key) => !was.includes(key));
      const removedKeys = was.filter((key) => !is.includes(key));
      if (old === undefined) return [{ role, change: "added", addedKeys, removedKeys }];
      if (now === undefined) return [{ role, change: "removed", addedKeys, removedKeys }];
      const isSame =
        addedKeys.length + removedKeys.length === 0 &&
        old.threshold === now.threshold &&
        paths(old).join("\n") === paths(now).join("\n");
      return isSame ? [] : [{ role, change: "changed", addedKeys, removedKeys }];
    },
  );
}

function fingerprints(role: RoleKeys | undefined): readonly string[] {
  return [...(role?.keys.values() ?? [])].map((key) => key.material?.fingerprint ?? key.id);
}

function paths(role: RoleKeys | Delegation): readonly string[] {
  return "paths" in role ? role.paths : [];
}
