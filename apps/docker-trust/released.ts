import {
  isWithin,
  listTargets,
  parentOf,
  parseRoleName,
  reachIn,
  targetsRole,
  type Delegation,
  type FoundTarget,
  type OpenRepository,
  type RoleName,
  type Target,
} from "#domain/tuf";

export const releasesRole = parseRoleName("targets/releases");
/** The roles whose tags docker pulls, the first one first. */
export const releasedRoles: readonly RoleName[] = [releasesRole, targetsRole];

/** A tag that docker pulls, and the signers who say the same of it; none where only the repository's own key does. */
export type SignedTag = {
  readonly tag: string;
  /** Hex, without `sha256:`. */
  readonly digest: string;
  readonly signers: readonly string[];
};

/** The tags that docker pulls, or the one that is asked for, in natural order. */
export function signedTags(open: OpenRepository, tag: string | undefined): readonly SignedTag[] {
  const said = [...open.targets].flatMap(([role, { signed }]) => {
    const reach = reachIn(open, role) ?? [];
    return [...signed.targets]
      .filter(([name]) => (tag === undefined || name === tag) && isWithin(name, reach))
      .map(([name, target]) => ({ role, name, digest: digestOf(target) }));
  });
  const rows = new Map<string, { tag: string; digest: string; signers: string[] }>();
  for (const { role, name, digest } of said)
    if (releasedRoles.includes(role))
      rows.set(`${digest} ${name}`, { tag: name, digest, signers: [] });
  for (const { role, name, digest } of said)
    if (!releasedRoles.includes(role)) rows.get(`${digest} ${name}`)?.signers.push(signerOf(role));
  return [...rows.values()].toSorted(
    (a, b) => byNature(a.tag, b.tag) || (a.digest < b.digest ? -1 : 1),
  );
}

/** What docker pulls, as `signedTags`, each tag once. */
export function releasedTargets(open: OpenRepository): readonly FoundTarget[] {
  return listTargets(open, releasedRoles).filter(({ role }) => releasedRoles.includes(role));
}

/** Every delegation, also those of delegations. */
export function delegationsOf(open: OpenRepository): readonly Delegation[] {
  return [...open.targets.values()].flatMap(({ signed }) => signed.delegations);
}

/** Ids of a role's keys by the keys alone, whatever certificate they stand in. */
export function canonicalIds({ keys }: Pick<Delegation, "keys">): readonly string[] {
  return [...keys.values()].map((key) => key.material?.canonicalId ?? key.id);
}

export function signerOf(role: RoleName): string {
  return role.slice("targets/".length);
}

/**
 * The roles that sign a tag with the keys that are held: every delegation right below `targets` that reaches it,
 * or `targets` itself where nothing is delegated. None where no key is held.
 */
export function signableRoles(
  open: OpenRepository,
  tag: string,
  held: ReadonlySet<string>,
): readonly RoleName[] {
  const delegations = delegationsOf(open);
  if (delegations.length === 0) return [targetsRole];
  return delegations
    .filter(({ name, paths }) => parentOf(name) === targetsRole && isWithin(tag, paths))
    .filter((delegation) => canonicalIds(delegation).some((id) => held.has(id)))
    .map(({ name }) => name);
}

export function digestOf({ sha256 }: Target): string {
  return sha256 ?? "";
}

/** Orders texts as people do: `1.9` before `1.10`. */
export function byNature(a: string, b: string): number {
  const [left, right] = [chunks(a), chunks(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const [x = "", y = ""] = [left[at], right[at]];
    if (x === y) continue;
    if (!/^\d/.test(x) || !/^\d/.test(y)) return x < y ? -1 : 1;
    const [m, n] = [x.replace(/^0+(?=\d)/, ""), y.replace(/^0+(?=\d)/, "")];
    if (m.length !== n.length) return m.length - n.length;
    if (m !== n) return m < n ? -1 : 1;
    return x.length - y.length;
  }
  return left.length - right.length;
}

function chunks(text: string): readonly string[] {
  return text.match(/\d+|\D/g) ?? [];
}
