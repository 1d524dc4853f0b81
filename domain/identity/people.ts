import type { Instant } from "#domain/kernel";
import type { AccountName, KeyFingerprint, TeamName } from "./names.ts";

/** What an account may do through the Docker API gateway, from nothing to everything. */
export type GatewayPermission = "none" | "view-only" | "restricted-control" | "full-control";

export type User = {
  readonly name: AccountName;
  readonly fullName: string;
  /** Cluster admin: may change settings and people; full control at the gateway. */
  readonly isAdmin: boolean;
  /** An inactive account can neither sign in nor countersign. */
  readonly isActive: boolean;
  readonly permission: GatewayPermission;
  readonly createdAt: Instant;
};

export type Organization = {
  readonly name: AccountName;
  readonly fullName: string;
  readonly createdAt: Instant;
};

export type Team = {
  readonly name: TeamName;
  readonly description: string;
  readonly members: readonly AccountName[];
};

/** A public key that an account owns: what ties a signature, or a client certificate, to a person. */
export type AccountKey = {
  readonly fingerprint: KeyFingerprint;
  readonly account: AccountName;
  readonly label: string;
  readonly createdAt: Instant;
  readonly revokedAt?: Instant;
};
