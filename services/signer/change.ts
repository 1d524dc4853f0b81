import type { PublicKey, RoleName, Target } from "#domain/tuf";

/** One staged change, as Notary's change lists know them (reference: changelist files). */
export type Change =
  | {
      readonly kind: "target-add";
      readonly role: RoleName;
      readonly name: string;
      readonly target: Target;
    }
  | { readonly kind: "target-remove"; readonly role: RoleName; readonly name: string }
  /** Makes the delegation where there is none, and otherwise adds to it. */
  | { readonly kind: "delegation-add"; readonly role: RoleName; readonly edit: DelegationEdit }
  | { readonly kind: "delegation-edit"; readonly role: RoleName; readonly edit: DelegationEdit }
  | { readonly kind: "delegation-remove"; readonly role: RoleName }
  /** Takes keys out of every delegation that `below` delegates, at any depth; `below` is `targets` for all. */
  | {
      readonly kind: "delegation-purge";
      readonly below: RoleName;
      readonly removeKeys: readonly string[];
    }
  /** Signs a role again as it is, with the keys that are held. */
  | { readonly kind: "witness"; readonly role: RoleName };

export type DelegationEdit = {
  readonly threshold?: number;
  readonly addKeys: readonly PublicKey[];
  /** Canonical ids. */
  readonly removeKeys: readonly string[];
  readonly addPaths: readonly string[];
  readonly removePaths: readonly string[];
  readonly clearPaths: boolean;
};

/** A change and the name it is staged under; names sort in the order of staging. */
export type StagedChange = { readonly name: string; readonly change: Change };
