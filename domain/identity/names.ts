import type { Brand } from "#domain/kernel";
import { IdentityError } from "./errors.ts";

/** Name of a user or an organization; both share one list of names, for both are registry namespaces. */
export type AccountName = Brand<string, "AccountName">;
/** A team in full: `acme/qa`. */
export type TeamName = Brand<string, "TeamName">;
/** Hex SHA-256 of a public key's SubjectPublicKeyInfo in its one canonical form: the same for every form of the key. */
export type KeyFingerprint = Brand<string, "KeyFingerprint">;

const NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
const maxNameCharacters = 64;

/** Reads an account name: 1 to 64 lower-case letters, digits and single `.`, `_`, `-` between them. Throws `identity/name-invalid`. */
export function parseAccountName(text: string): AccountName {
  if (text.length > maxNameCharacters || !NAME.test(text))
    throw new IdentityError("identity/name-invalid", text.slice(0, 80));
  return text as AccountName;
}

/** Reads `organization/team`. Throws `identity/team-invalid`. */
export function parseTeamName(text: string): TeamName {
  const [organization = "", team = "", ...rest] = text.split("/");
  const fits = [organization, team].every(
    (part) => part.length <= maxNameCharacters && NAME.test(part),
  );
  if (!fits || rest.length > 0)
    throw new IdentityError("identity/team-invalid", text.slice(0, 160));
  return text as TeamName;
}

/** The two halves of a team's name. */
export function splitTeamName(team: TeamName): {
  readonly organization: AccountName;
  readonly name: string;
} {
  const [organization = "", name = ""] = team.split("/");
  return { organization: parseAccountName(organization), name };
}

/** Reads 64 hex digits. Throws `identity/fingerprint-invalid`. */
export function parseKeyFingerprint(text: string): KeyFingerprint {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new IdentityError("identity/fingerprint-invalid", text.slice(0, 80));
  return text as KeyFingerprint;
}
