import type { ImagePage } from "#contracts";
import type { Case, People, RoleEvidence, TrustEvidence } from "#domain/admission";
import type { KeyFingerprint } from "#domain/identity";

type Trust = ImagePage["trust"];

/** The trust data behind a case as the contract shows it, with the entry of `tag` in each role. */
export function presentTrust(of: Case, tag: string | undefined): Trust {
  const evidence = of.candidates?.[0]?.evidence;
  if (evidence === undefined) return { state: "absent", roles: [] };
  if (evidence.kind !== "verified") {
    const detail = detailOf(evidence);
    return { state: evidence.kind, roles: [], ...(detail === undefined ? {} : { detail }) };
  }
  return {
    state: "verified",
    rootVersion: evidence.rootVersion,
    snapshotVersion: evidence.snapshotVersion,
    timestampVersion: evidence.timestampVersion,
    freshUntil: evidence.freshUntil,
    ...(evidence.asOf === undefined ? {} : { asOf: evidence.asOf }),
    roles: evidence.roles.map((role) => presentRole(role, tag, of.people)),
  };
}

function presentRole(
  role: RoleEvidence,
  tag: string | undefined,
  people: People,
): Trust["roles"][number] {
  const digest = tag === undefined ? undefined : role.targets.get(tag);
  return {
    name: role.name,
    version: role.version,
    expires: role.expires,
    state: role.state,
    ...(digest === undefined ? {} : { digest }),
    signedBy: role.signedBy.map((fingerprint) => ({
      fingerprint,
      ...ownerOf(fingerprint, people),
    })),
  };
}

function ownerOf(
  fingerprint: KeyFingerprint,
  people: People,
): Pick<Trust["roles"][number]["signedBy"][number], "account"> {
  const owner = people.owners.get(fingerprint);
  return owner === undefined ? {} : { account: owner.account };
}

function detailOf(evidence: Exclude<TrustEvidence, { kind: "verified" }>): string | undefined {
  switch (evidence.kind) {
    case "absent":
      return undefined;
    case "expired":
      return evidence.role;
    case "rolled-back":
      return `${evidence.role} is version ${evidence.offeredVersion}, ${evidence.seenVersion} was seen before`;
    case "tampered":
      return `${evidence.role}: ${evidence.detail}`;
    case "unavailable":
      return evidence.detail;
  }
}
