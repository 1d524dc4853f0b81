import type { KeyOwner, People, RoleEvidence, TrustEvidence } from "#domain/admission";
import { parseKeyFingerprint, type KeyFingerprint } from "#domain/identity";
import { parseDigest } from "#domain/oci";
import type { TrustReading, VerifiedRole } from "#domain/tuf";
import type { Roster } from "./ports.ts";

/** What a reading of trust data means for admission. Remembered per reading: a large repository is mapped once. */
export function evidenceOf(reading: TrustReading): TrustEvidence {
  if (reading.kind !== "verified") return reading;
  const known = mapped.get(reading);
  if (known !== undefined) return known;
  const evidence: TrustEvidence = {
    kind: "verified",
    rootVersion: reading.rootVersion,
    timestampVersion: reading.timestampVersion,
    snapshotVersion: reading.snapshotVersion,
    freshUntil: reading.freshUntil,
    ...(reading.asOf === undefined ? {} : { asOf: reading.asOf }),
    roles: reading.roles.map(roleEvidence),
  };
  mapped.set(reading, evidence);
  return evidence;
}

const mapped = new WeakMap<TrustReading, TrustEvidence>();

function roleEvidence(role: VerifiedRole): RoleEvidence {
  return {
    name: role.name,
    version: role.version,
    expires: role.expires,
    state: role.state.kind === "missing" ? "unpublished" : role.state.kind,
    signedBy: role.signedBy.map(parseKeyFingerprint),
    targets: new Map(
      [...role.targets].map(([name, file]) => [name, parseDigest(`sha256:${file.sha256}`)]),
    ),
  };
}

/** The accounts as admission sees them: whose each key is, and who is an active member of what. */
export function peopleOf(roster: Roster): People {
  const known = peopleByRoster.get(roster);
  if (known !== undefined) return known;
  const active = new Set(roster.users.filter((user) => user.isActive).map((user) => user.name));
  const owners = new Map<KeyFingerprint, KeyOwner>();
  for (const { fingerprint, account, revoked } of roster.keys) {
    // A key that one account gave up may belong to another now: the one that still holds it is its owner.
    if (revoked && owners.has(fingerprint)) continue;
    const standing = revoked ? "key-revoked" : active.has(account) ? "active" : "account-inactive";
    owners.set(fingerprint, { account, standing });
  }
  const teams = new Map(
    roster.teams.map((team) => [team.name, team.members.filter((member) => active.has(member))]),
  );
  const people = { owners, teams };
  peopleByRoster.set(roster, people);
  return people;
}

const peopleByRoster = new WeakMap<Roster, People>();
