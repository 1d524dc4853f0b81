import type { AccountName, KeyFingerprint, TeamName } from "#domain/identity";
import type { Instant } from "#domain/kernel";
import type { Digest } from "#domain/oci";

/** What a role of the trust data says and who signed it; its entries are those within its delegated paths. */
export type RoleEvidence = {
  readonly name: string;
  readonly version: number;
  readonly expires: Instant;
  /** `unpublished`: delegated, but nobody has signed anything in it yet. */
  readonly state: "valid" | "expired" | "tampered" | "unpublished";
  /** Distinct keys of the role with a valid signature on its current file. */
  readonly signedBy: readonly KeyFingerprint[];
  readonly targets: ReadonlyMap<string, Digest>;
};

/** What keeps trust data from being believed. Never means that nothing is signed. */
export type TrustFault =
  | { readonly kind: "expired"; readonly role: string; readonly expiredAt: Instant }
  | {
      readonly kind: "rolled-back";
      readonly role: string;
      readonly seenVersion: number;
      readonly offeredVersion: number;
    }
  | { readonly kind: "tampered"; readonly role: string; readonly detail: string }
  | { readonly kind: "unavailable"; readonly detail: string };

/** What is known about the trust data of one repository, after it was verified. */
export type TrustEvidence =
  | { readonly kind: "absent" }
  | TrustFault
  | {
      readonly kind: "verified";
      readonly rootVersion: number;
      readonly timestampVersion: number;
      readonly snapshotVersion: number;
      readonly freshUntil: Instant;
      /** When its trust server last confirmed it, where that one did not answer this time. */
      readonly asOf?: Instant;
      readonly roles: readonly RoleEvidence[];
    };

/** Whose key it is, and whether its signatures count. */
export type KeyOwner = {
  readonly account: AccountName;
  readonly standing: "active" | "key-revoked" | "account-inactive";
};

/** The accounts as they are now. */
export type People = {
  readonly owners: ReadonlyMap<KeyFingerprint, KeyOwner>;
  /** Active members of each team that exists. */
  readonly teams: ReadonlyMap<TeamName, readonly AccountName[]>;
};
