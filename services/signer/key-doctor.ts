import type { Instant } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  isNearExpiry,
  meetsThreshold,
  rootRole,
  snapshotRole,
  targetsRole,
  type RoleKeys,
  type RoleName,
  type Root,
  type Snapshot,
  type Targets,
} from "#domain/tuf";
import type { HeldKey } from "./ports.ts";

/** What is known of one repository: fetched just now, or from what was seen before. */
export type RepositoryFacts = {
  readonly gun: Gun;
  readonly isCurrent: boolean;
  readonly root: Root;
  readonly snapshot?: Snapshot;
  /** `targets` and the delegations that could be read. */
  readonly targets: ReadonlyMap<RoleName, Targets>;
};

export type DoctorFacts = {
  readonly keys: readonly HeldKey[];
  readonly repositories: readonly RepositoryFacts[];
  readonly backedUp: ReadonlyMap<string, Instant>;
  /** Canonical ids of keys that the server says are revoked. */
  readonly revoked: ReadonlySet<string>;
  readonly now: Instant;
};

/** A role that a held key may sign. */
export type KeyUse = {
  readonly gun: Gun;
  readonly role: RoleName;
  readonly threshold: number;
  /** How many other keys the role lists. */
  readonly others: number;
  /** How many of those are held here too. */
  readonly othersHeld: number;
  /** Without this key the role cannot be signed any more. */
  readonly alone: boolean;
};

export type KeyFindings = HeldKey & {
  readonly uses: readonly KeyUse[];
  readonly backedUpAt: Instant | undefined;
  readonly isOnToken: boolean;
  readonly isRevoked: boolean;
};

export type Expiry = {
  readonly gun: Gun;
  readonly role: RoleName;
  readonly what: "file" | "certificate";
  readonly expires: Instant;
  readonly state: "good" | "soon" | "over";
  /** Whether the keys held here are enough to sign it anew. */
  readonly canRenew: boolean;
};

export type Diagnosis = {
  readonly keys: readonly KeyFindings[];
  /** Of the repositories that held keys sign for: the soonest first. */
  readonly expiries: readonly Expiry[];
};

/** What each held key is for, which repositories depend on it alone, and what ends when. Asks nobody. */
export function examineKeys(facts: DoctorFacts): Diagnosis {
  const held = new Set(facts.keys.map(({ id }) => id));
  const roles = facts.repositories.flatMap(rolesOf);
  const keys = facts.keys.map((key): KeyFindings => {
    const isOnToken = key.location.startsWith("token ");
    return {
      ...key,
      uses: roles.flatMap((listed) => useOf(key.id, listed, held)),
      backedUpAt: facts.backedUp.get(key.id),
      isOnToken,
      isRevoked: facts.revoked.has(key.id),
    };
  });
  const ours = new Set(keys.flatMap(({ uses }) => uses.map(({ gun }) => gun)));
  const expiries = facts.repositories
    .filter(({ gun }) => ours.has(gun))
    .flatMap((repository) => expiriesOf(repository, held, facts.now))
    .toSorted((a, b) => a.expires - b.expires);
  return { keys, expiries };
}

type Listed = { readonly gun: Gun; readonly role: RoleName; readonly keys: RoleKeys };

/** Every role that people sign; the timestamp is the server's. */
function rolesOf({ gun, root, targets }: RepositoryFacts): readonly Listed[] {
  const delegations = [...targets.values()].flatMap((file) => file.delegations);
  return [
    { gun, role: rootRole, keys: root.root },
    { gun, role: targetsRole, keys: root.targets },
    { gun, role: snapshotRole, keys: root.snapshot },
    ...delegations.map((delegation) => ({ gun, role: delegation.name, keys: delegation })),
  ];
}

/** The distinct keys of a role, by canonical id: one key may be listed in two certificates. */
function idsOf({ keys }: RoleKeys): ReadonlySet<string> {
  return new Set([...keys.values()].map((key) => key.material?.canonicalId ?? key.id));
}

function useOf(
  id: string,
  { gun, role, keys }: Listed,
  held: ReadonlySet<string>,
): readonly KeyUse[] {
  const ids = idsOf(keys);
  if (!ids.has(id)) return [];
  const others = [...ids].filter((other) => other !== id);
  return [
    {
      ...{ gun, role, threshold: keys.threshold, others: others.length },
      othersHeld: others.filter((other) => held.has(other)).length,
      alone: !meetsThreshold(others, keys),
    },
  ];
}

function expiriesOf(
  repository: RepositoryFacts,
  held: ReadonlySet<string>,
  now: Instant,
): readonly Expiry[] {
  const { gun, root, snapshot, targets } = repository;
  const files = new Map<RoleName, { readonly expires: Instant }>([[rootRole, root], ...targets]);
  if (snapshot !== undefined) files.set(snapshotRole, snapshot);
  const found: Expiry[] = [];
  for (const { role, keys } of rolesOf(repository)) {
    const canRenew = meetsThreshold(
      [...idsOf(keys)].filter((id) => held.has(id)),
      keys,
    );
    const file = files.get(role);
    // The server renews a snapshot whose key it keeps.
    if (file !== undefined && (role !== snapshotRole || canRenew))
      found.push({ ...{ gun, role, what: "file", canRenew }, ...ends(file.expires, now) });
    if (role === rootRole)
      for (const expires of certificateEnds(keys))
        found.push({ ...{ gun, role, what: "certificate", canRenew }, ...ends(expires, now) });
  }
  return found;
}

function certificateEnds({ keys }: RoleKeys): readonly Instant[] {
  return [...keys.values()].flatMap((key) => {
    const [leaf] = key.material?.certificates ?? [];
    return leaf === undefined ? [] : [Date.parse(leaf.x509.validTo)];
  });
}

function ends(expires: Instant, now: Instant): Pick<Expiry, "expires" | "state"> {
  const isSoon = isNearExpiry({ expires, version: 0 }, now);
  return { expires, state: expires <= now ? "over" : isSoon ? "soon" : "good" };
}
