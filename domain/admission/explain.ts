import type { AccountName } from "#domain/identity";
import { unreachable, type Instant } from "#domain/kernel";
import type { Reason, UnknownSigner } from "./reason.ts";

export type Explanation = {
  /** What is wrong, as a clause that can follow the image's name. */
  readonly text: string;
  /** What would make it pass. */
  readonly next: string;
};

/** A reason in words, the same wherever it is shown. `image` is the reference to sign, where one is known. */
export function explain(reason: Reason, image: string): Explanation {
  const sign = `docker trust sign ${image}`;
  switch (reason.kind) {
    case "reference-invalid":
      return { text: "this is not an image name", next: "write it as host/repository:tag" };
    case "image-unknown":
      return {
        text: "this image has no name in a registry, so nobody can have signed it",
        next: "push it to a trusted registry, have it signed, and run it by that name",
      };
    case "registry-not-trusted":
      return {
        text: `the registry ${reason.host} is not trusted here`,
        next: `push the image to ${reason.trusted.join(" or ")}, or ask an admin to register ${reason.host}`,
      };
    case "no-trust-data":
      return { text: "not signed: its repository has no trust data yet", next: sign };
    case "not-signed":
      return { text: `not signed: nobody has signed tag ${reason.tag}`, next: sign };
    case "digest-not-signed":
      return {
        text: "not signed: no signed tag has this digest",
        next: "run a signed tag, or have this digest signed",
      };
    case "expired":
      return {
        text: `its trust data has expired: ${reason.role}, on ${day(reason.expiredAt)}`,
        next: reason.role.startsWith("targets/")
          ? `a signer of ${reason.role} signs again: ${sign}`
          : "the owner of the repository publishes it again",
      };
    case "rolled-back":
      return {
        text: `its trust data went back in time: ${reason.role} is version ${reason.offeredVersion}, version ${reason.seenVersion} was seen before`,
        next: "tell an admin: either an old backup was restored, or somebody tampers",
      };
    case "tampered":
      return {
        text: `its trust data does not verify: ${reason.role}: ${reason.detail}`,
        next: "tell an admin: do not run this image until it is known why",
      };
    case "unavailable":
      return {
        text: `its trust data cannot be read now: ${reason.detail}`,
        next: "try again; whether it is signed is not known",
      };
    case "not-countersigned":
      return {
        text: `signed in ${reason.releasedIn} only, which releases an image but approves nothing`,
        next: "add the signer's key to a second delegation (targets/<name>) and sign again",
      };
    case "signer-unknown":
      return {
        text: `signed only by ${list(reason.signers.map(stranger))}`,
        next: `somebody with an account signs it: ${sign}`,
      };
    case "team-missing":
      return { text: missing(reason), next: sign };
    case "team-empty":
      return {
        text: `team ${reason.team} has no active member, so nothing can run`,
        next: "an admin adds a member or changes the policy",
      };
    case "team-deleted":
      return {
        text: `team ${reason.team} does not exist any more, so nothing can run`,
        next: "an admin changes the policy",
      };
    default:
      return unreachable(reason);
  }
}

function missing(reason: Extract<Reason, { kind: "team-missing" }>): string {
  const nobody = reason.signedBy.length === 0 ? "nobody in it" : "nobody else in it";
  const who =
    reason.couldSign.length === 0
      ? `${nobody} has a key yet`
      : `could sign: ${some(reason.couldSign)}`;
  if (reason.needed === 1) return `not signed by team ${reason.team} (${who})`;
  return `signed by ${reason.signedBy.length} of ${reason.needed} people needed from team ${reason.team} (${who})`;
}

function stranger(signer: UnknownSigner): string {
  switch (signer.kind) {
    case "no-account":
      return `a key of no account (${signer.fingerprint.slice(0, 12)})`;
    case "key-revoked":
      return `a revoked key of ${signer.account}`;
    case "account-inactive":
      return `${signer.account}, whose account is inactive`;
    default:
      return unreachable(signer);
  }
}

function some(names: readonly AccountName[]): string {
  return names.length > 4
    ? `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`
    : names.join(", ");
}

function list(parts: readonly string[]): string {
  return [...new Set(parts)].join(" and ");
}

/** A moment as a day in UTC. Formatting a given moment reads no clock. */
function day(at: Instant): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "UTC", dateStyle: "short" }).format(at);
}
