import type { Case, People, RoleEvidence, TrustEvidence } from "#domain/admission";
import type { Digest, ImageReference } from "#domain/oci";

/**
 * The part of a case that its verdict rests on: entries of the tags in question, keys that signed, people
 * of the required teams. Weighing the trimmed case gives the same verdict, so it is what is recorded.
 */
export function trim(of: Case): Case {
  const candidates = of.candidates?.map(({ reference, evidence }) => ({
    reference,
    evidence: trimEvidence(reference, evidence),
  }));
  return {
    ...of,
    candidates,
    people: trimPeople(
      of,
      (candidates ?? []).map(({ evidence }) => evidence),
    ),
  };
}

function trimEvidence(reference: ImageReference, evidence: TrustEvidence): TrustEvidence {
  if (evidence.kind !== "verified") return evidence;
  const tags = tagsInQuestion(reference, evidence.roles);
  const roles = evidence.roles.map((role) => ({
    ...role,
    targets: new Map([...tags].flatMap((tag) => entry(role, tag))),
  }));
  return { ...evidence, roles };
}

function tagsInQuestion(
  reference: ImageReference,
  roles: readonly RoleEvidence[],
): ReadonlySet<string> {
  const tags = new Set<string>(reference.tag === undefined ? [] : [reference.tag]);
  if (reference.digest === undefined) return tags;
  for (const role of roles)
    for (const [tag, digest] of role.targets) if (digest === reference.digest) tags.add(tag);
  return tags;
}

function entry(role: RoleEvidence, tag: string): readonly (readonly [string, Digest])[] {
  const digest = role.targets.get(tag);
  return digest === undefined ? [] : [[tag, digest]];
}

function trimPeople(of: Case, evidence: readonly TrustEvidence[]): People {
  const signers = new Set(
    evidence.flatMap((each) =>
      each.kind === "verified" ? each.roles.flatMap((role) => role.signedBy) : [],
    ),
  );
  const required = new Set(of.policy.required.map(({ team }) => team));
  const teams = new Map([...of.people.teams].filter(([team]) => required.has(team)));
  const members = new Set([...teams.values()].flat());
  const owners = new Map(
    [...of.people.owners].filter(([key, owner]) => signers.has(key) || members.has(owner.account)),
  );
  return { owners, teams };
}
