import type { AccountName, TeamName } from "#domain/identity";
import type { Digest, ImageReference } from "#domain/oci";
import type { Reason } from "./reason.ts";

/** A person whose signature counts, and the role it stands in. */
export type Countersigner = { readonly account: AccountName; readonly role: string };

export type TeamState = {
  readonly team: TeamName;
  readonly needed: number;
  /** Members whose signature counts. */
  readonly signedBy: readonly AccountName[];
  /** Members who own a key and have not signed. */
  readonly couldSign: readonly AccountName[];
};

type Shown = {
  readonly countersigners: readonly Countersigner[];
  readonly teams: readonly TeamState[];
};

export type Verdict =
  | (Shown & {
      readonly kind: "admit";
      /** The image to run: repository and digest, nothing that could be resolved again. */
      readonly reference: ImageReference & { readonly digest: Digest };
      readonly tag: string;
    })
  | (Shown & {
      readonly kind: "deny";
      readonly reasons: readonly [Reason, ...Reason[]];
      /** The digest that is released, where there is one: what the missing people would have to sign. */
      readonly released?: Digest;
    });
