import type { Instant } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import type { RoleName, TargetFile } from "#domain/tuf";
import type { RootHistory } from "./root-history.ts";

/** What an archived repository turned out to be, from its files alone. */
export type Judgement = {
  readonly gun: Gun;
  readonly server: string;
  readonly archivedAt: Instant;
  /** Whether all of it holds: hashes, signatures, thresholds, the chain of roots. Says nothing about age. */
  readonly isSound: boolean;
  readonly faults: readonly Fault[];
  /** What it says. Undefined where nothing in it can be believed, of whatever time. */
  readonly content?: Content;
};

export type Fault = { readonly role: string; readonly detail: string };

export type Content = {
  readonly roots: Omit<RootHistory, "newest">;
  /** When the archive was made, as the archive says. */
  readonly then: Freshness;
  readonly now: Freshness;
  /** `root`, `timestamp`, `snapshot`, `targets`, then delegations, each parent before its children. */
  readonly roles: readonly RoleReport[];
  /** By name. */
  readonly tags: readonly Tag[];
};

/** Whether the data may be relied on at a moment. Data that is not fresh can be read, and is not trusted. */
export type Freshness =
  | { readonly kind: "fresh"; readonly until: Instant }
  | { readonly kind: "expired"; readonly role: string; readonly at: Instant }
  /** The clock stands before the certificate of the root begins. */
  | { readonly kind: "not-yet"; readonly role: string; readonly at: Instant };

export type RoleReport = {
  readonly role: RoleName;
  /** 0 where there is no file to read. */
  readonly version: number;
  readonly expires: Instant;
  readonly state: RoleReportState;
  readonly detail?: string;
  /** Keys of the role that made a valid signature. */
  readonly signers: readonly KeyName[];
};

export type RoleReportState =
  | "signed"
  /** Delegated, and nothing was ever published for it. */
  | "empty"
  /** Too few of its present keys signed it, or the server had not got the file. */
  | "not-signed"
  /** In the snapshot, but nobody delegates to it any more: whose it was, nothing tells. */
  | "not-delegated";

export type KeyName = {
  /** As metadata lists it: of a root key, the certificate's. */
  readonly id: string;
  /** Of the bare key: the name of its private key's file, and what `notary key list` shows. */
  readonly canonicalId: string;
};

export type Tag = TargetFile & {
  readonly name: string;
  /** Roles whose signatures count. */
  readonly roles: readonly RoleName[];
  /** Roles that nobody delegates to any more: their signatures do not count. */
  readonly formerRoles: readonly RoleName[];
};
