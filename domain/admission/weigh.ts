import {
  formatGun,
  pinned,
  type Digest,
  type ImageReference,
  type RegistryHost,
} from "#domain/oci";
import { countersignersOf, isCountingRole, strangersOn } from "./countersigners.ts";
import type { People, RoleEvidence, TrustEvidence } from "./evidence.ts";
import type { Policy } from "./policy.ts";
import type { Reason } from "./reason.ts";
import { released, releasedAs, releasingRole, unusable, unusableReleases } from "./released.ts";
import { teamReasons, teamStates } from "./teams.ts";
import type { TeamState, Verdict } from "./verdict.ts";

/** A place the image may come from, with the trust data of that repository. */
export type Candidate = { readonly reference: ImageReference; readonly evidence: TrustEvidence };

/** Everything a verdict rests on. */
export type Case = {
  /** The image as the client wrote it: a reference, or the ID of an image on the engine. */
  readonly image: string;
  /** What it may stand for: one for a reference, any number for an image ID; undefined for text that is neither. */
  readonly candidates: readonly Candidate[] | undefined;
  readonly trustedHosts: readonly RegistryHost[];
  readonly people: People;
  readonly policy: Policy;
};

/**
 * Whether an image may run, and why not (the rules 1 to 5 of `docs/architecture.md`, "The verdict").
 * An image ID is admitted when one of the repository digests behind it is.
 */
export function weigh(of: Case): Verdict {
  if (of.candidates === undefined)
    return deny([{ kind: "reference-invalid", image: of.image }], of, []);
  const verdicts = of.candidates.map((candidate) => weighCandidate(candidate, of));
  const admitted = verdicts.find((verdict) => verdict.kind === "admit");
  if (admitted !== undefined) return admitted;
  // The candidate that came furthest tells the most: it is the one with a released digest.
  const nearest =
    verdicts.find((verdict) => verdict.kind === "deny" && verdict.released !== undefined) ??
    verdicts[0];
  return nearest ?? deny([{ kind: "image-unknown", image: of.image }], of, []);
}

function weighCandidate({ reference, evidence }: Candidate, of: Case): Verdict {
  if (!of.trustedHosts.includes(reference.host))
    return deny(
      [{ kind: "registry-not-trusted", host: reference.host, trusted: of.trustedHosts }],
      of,
      [],
    );
  switch (evidence.kind) {
    case "verified":
      return weighRoles(reference, evidence.roles, of);
    case "absent": {
      const repository = formatGun(reference.host, reference.repository);
      return unsigned({ kind: "no-trust-data", repository }, of);
    }
    default:
      return deny([evidence], of, []);
  }
}

function weighRoles(reference: ImageReference, roles: readonly RoleEvidence[], of: Case): Verdict {
  const broken = unusableReleases(roles);
  if (broken !== undefined) return deny([broken], of, []);
  const { tag, digest } = reference;
  if (digest === undefined) {
    const entry = tag === undefined ? undefined : released(roles, tag);
    if (tag === undefined || entry === undefined)
      return unsigned({ kind: "not-signed", tag: tag ?? "" }, of);
    return weighTag({ reference, tag, digest: entry }, roles, of);
  }
  const tags = releasedAs(roles, digest, tag);
  const verdicts = tags.map((name) => weighTag({ reference, tag: name, digest }, roles, of));
  return (
    verdicts.find((verdict) => verdict.kind === "admit") ??
    verdicts[0] ??
    unsigned(notReleased(roles, digest, tag), of)
  );
}

/** Clients that deploy services add the digest to a tag: of an unsigned tag the tag is what to talk about. */
function notReleased(
  roles: readonly RoleEvidence[],
  digest: Digest,
  tag: string | undefined,
): Reason {
  return tag !== undefined && released(roles, tag) === undefined
    ? { kind: "not-signed", tag }
    : { kind: "digest-not-signed", digest };
}

type Released = {
  readonly reference: ImageReference;
  readonly tag: string;
  readonly digest: Digest;
};

function weighTag(
  { reference, tag, digest }: Released,
  roles: readonly RoleEvidence[],
  of: Case,
): Verdict {
  const countersigners = countersignersOf({ tag, digest }, roles, of.people);
  const teams = teamStates(of.policy, of.people, countersigners);
  const missing = of.policy.required.length > 0 ? teamReasons(teams, of.people) : [];
  const isMet = of.policy.required.length > 0 ? missing.length === 0 : countersigners.length > 0;
  if (isMet)
    return { kind: "admit", reference: pinned(reference, digest), tag, countersigners, teams };
  const why = whyNotMore({ tag, digest }, countersigners.length > 0, roles, of.people);
  const [first, ...rest] = [...why, ...missing];
  if (first === undefined) throw new TypeError("an unmet policy has a reason");
  return { kind: "deny", reasons: [first, ...rest], released: digest, countersigners, teams };
}

/** What stands in the way beside the teams: broken roles; and where nobody counts at all, why not. */
function whyNotMore(
  image: { readonly tag: string; readonly digest: Digest },
  somebodyCounts: boolean,
  roles: readonly RoleEvidence[],
  people: People,
): readonly Reason[] {
  const broken = roles
    .filter((role) => isCountingRole(role.name))
    .map(unusable)
    .filter((reason) => reason !== undefined);
  if (somebodyCounts || broken.length > 0) return broken;
  const signers = strangersOn(image, roles, people);
  if (signers.length > 0) return [{ kind: "signer-unknown", tag: image.tag, signers }];
  return [
    { kind: "not-countersigned", tag: image.tag, releasedIn: releasingRole(roles, image.tag) },
  ];
}

function unsigned(reason: Reason, of: Case): Verdict {
  return deny([reason], of, teamReasons(teamStates(of.policy, of.people, []), of.people));
}

function deny(
  reasons: readonly [Reason, ...Reason[]],
  of: Pick<Case, "policy" | "people">,
  more: readonly Reason[],
): Verdict {
  const teams: readonly TeamState[] = teamStates(of.policy, of.people, []);
  return { kind: "deny", reasons: [...reasons, ...more], countersigners: [], teams };
}
