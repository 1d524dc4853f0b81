import type { AccountName, TeamName } from "#domain/identity";
import type { Digest, RegistryHost } from "#domain/oci";
import type { TrustFault } from "./evidence.ts";

/** Why an image may not run. Each kind is a cause of its own with a remedy of its own. */
export type Reason =
  | { readonly kind: "reference-invalid"; readonly image: string }
  | { readonly kind: "image-unknown"; readonly image: string }
  | {
      readonly kind: "registry-not-trusted";
      readonly host: RegistryHost;
      readonly trusted: readonly RegistryHost[];
    }
  | { readonly kind: "no-trust-data"; readonly repository: string }
  | { readonly kind: "not-signed"; readonly tag: string }
  | { readonly kind: "digest-not-signed"; readonly digest: Digest }
  | TrustFault
  /** Released, but no role that counts lists it: the delegation beside `targets/releases` is missing. */
  | { readonly kind: "not-countersigned"; readonly tag: string; readonly releasedIn: string }
  /** Countersigned only by keys of no active account. */
  | {
      readonly kind: "signer-unknown";
      readonly tag: string;
      readonly signers: readonly UnknownSigner[];
    }
  | {
      readonly kind: "team-missing";
      readonly team: TeamName;
      readonly needed: number;
      readonly signedBy: readonly AccountName[];
      readonly couldSign: readonly AccountName[];
    }
  | { readonly kind: "team-empty"; readonly team: TeamName }
  | { readonly kind: "team-deleted"; readonly team: TeamName };

export type UnknownSigner =
  | { readonly kind: "no-account"; readonly fingerprint: string }
  | { readonly kind: "key-revoked"; readonly account: AccountName }
  | { readonly kind: "account-inactive"; readonly account: AccountName };
