import type { Instant } from "#domain/kernel";

/** What one repository's trust data says, once everything about it has been verified or found wanting. */
export type TrustReading =
  /** No trust data for this repository. */
  | { readonly kind: "absent" }
  | { readonly kind: "expired"; readonly role: string; readonly expiredAt: Instant }
  | {
      readonly kind: "rolled-back";
      readonly role: string;
      readonly seenVersion: number;
      readonly offeredVersion: number;
    }
  /** Signatures, thresholds, hashes, lengths or the root chain do not hold. */
  | { readonly kind: "tampered"; readonly role: string; readonly detail: string }
  /** The trust data could not be fetched; says nothing about it. */
  | { readonly kind: "unavailable"; readonly detail: string }
  | VerifiedRepository;

export type VerifiedRepository = {
  readonly kind: "verified";
  readonly gun: string;
  readonly rootVersion: number;
  readonly timestampVersion: number;
  readonly snapshotVersion: number;
  /** The soonest expiry of anything that is valid in this reading. */
  readonly freshUntil: Instant;
  /** `targets` first, then its delegations, depth first. */
  readonly roles: readonly VerifiedRole[];
  /** When its source last confirmed it, where the source does not answer now. */
  readonly asOf?: Instant;
};

/** One targets role. Only a role whose state is `valid` may be believed. */
export type VerifiedRole = {
  /** `targets`, `targets/releases`, `targets/qa`, or nested. */
  readonly name: string;
  /** 0 where there is no file to read. */
  readonly version: number;
  readonly expires: Instant;
  readonly state: RoleState;
  /** Fingerprints of the distinct keys of this role that made a valid signature on its current file. */
  readonly signedBy: readonly string[];
  /** Only names within the role's effective delegated paths. */
  readonly targets: ReadonlyMap<string, TargetFile>;
};

export type RoleState =
  | { readonly kind: "valid" }
  | { readonly kind: "expired"; readonly expiredAt: Instant }
  | { readonly kind: "tampered"; readonly detail: string }
  /** Delegated, but nothing has been published for it. */
  | { readonly kind: "missing" };

/** `sha256` in hex: of an image, the digits of its manifest's digest. */
export type TargetFile = { readonly sha256: string; readonly length: number };
