import { ApiError } from "#contracts";
import type { Digest } from "#domain/oci";
import {
  parseRoleName,
  targetsRole,
  type OpenRepository,
  type RoleKeys,
  type TrustReading,
  type VerifiedRepository,
} from "#domain/tuf";
import { CliError } from "../errors.ts";
import type { Signing } from "./open-signing.ts";
import type { Place } from "./places.ts";

/** Who signed, as far as it is known: an account, or only its key. */
export type SignedBy = { readonly fingerprint: string; readonly account?: string };
export type RoleView = {
  readonly name: string;
  /** `valid`, `expired`, `tampered`, `missing` */
  readonly state: string;
  readonly digest: Digest;
  readonly signedBy: readonly SignedBy[];
};
/** Account names by the fingerprints of their keys. */
export type Owners = ReadonlyMap<string, string>;

const releases = parseRoleName("targets/releases");
const maxAsked = 200;

/** The trust data of a repository, verified here. Throws what the trust server failed with where it cannot be had. */
export async function readTrust(
  signing: Signing,
  place: Place,
): Promise<{
  readonly reading: Exclude<TrustReading, { kind: "unavailable" }>;
  readonly open?: OpenRepository;
}> {
  const trust = signing.trust(place, "pull");
  const { reading, open } = await trust.reader.open(place.gun, signing);
  if (reading.kind === "unavailable")
    throw trust.fault() ?? new CliError("cli/trust-unreadable", reading.detail);
  return open === undefined ? { reading } : { reading, open };
}

/** What is wrong with trust data that is not verified. */
export function wrongWith(reading: Exclude<TrustReading, VerifiedRepository>): string {
  switch (reading.kind) {
    case "absent":
      return "there is no trust data for this repository";
    case "expired":
      return `its ${reading.role} expired at ${new Date(reading.expiredAt).toISOString().slice(0, 19)}Z`;
    case "rolled-back":
      return `its ${reading.role} is version ${reading.offeredVersion}, and ${reading.seenVersion} was seen here before`;
    case "tampered":
      return `its ${reading.role} does not verify: ${reading.detail}`;
    case "unavailable":
      return reading.detail;
  }
}

/** The roles that say something about a tag, with who signed each. */
export function rolesOf(
  reading: VerifiedRepository,
  tag: string,
  owners: Owners,
): readonly RoleView[] {
  return reading.roles.flatMap(({ name, state, signedBy, targets }) => {
    const target = targets.get(tag);
    if (target === undefined) return [];
    const digest = `sha256:${target.sha256}` as Digest;
    return [
      { name, state: state.kind, digest, signedBy: signedBy.map((key) => person(key, owners)) },
    ];
  });
}

/** What docker would run under the tag: `targets/releases` comes first, then `targets`. */
export function released(roles: readonly RoleView[]): RoleView | undefined {
  const valid = roles.filter(({ state }) => state === "valid");
  return [releases, targetsRole]
    .map((name) => valid.find((role) => role.name === name))
    .find((role) => role !== undefined);
}

export function person(fingerprint: string, owners: Owners): SignedBy {
  const account = owners.get(fingerprint);
  return account === undefined ? { fingerprint } : { fingerprint, account };
}

export function nameOf({ account, fingerprint }: SignedBy): string {
  return account ?? `key ${fingerprint.slice(0, 12)}`;
}

export function fingerprintsOf(role: RoleKeys): readonly string[] {
  return [...role.keys.values()].map((key) => key.material?.fingerprint ?? key.id);
}

/** Whose keys these are. A server that does not know, or cannot be asked, names nobody. */
export async function ownersOf(
  { account }: Signing,
  place: Place,
  fingerprints: Iterable<string>,
): Promise<Owners> {
  const owners = new Map<string, string>();
  const asked = [...new Set(fingerprints)];
  if (!place.isOwn) return owners;
  try {
    const client = await account.client();
    for (let at = 0; at < asked.length; at += maxAsked) {
      const query = { fingerprints: asked.slice(at, at + maxAsked).join(",") };
      for (const owner of await client("keyOwners", { query }))
        owners.set(owner.fingerprint, owner.account);
    }
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof CliError)) throw error;
  }
  return owners;
}
