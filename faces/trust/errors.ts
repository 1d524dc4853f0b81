import { CodedError } from "#domain/kernel";
import type { Scope } from "#domain/oci";

export type TrustWireErrorCode =
  | "trust-wire/nothing-there"
  | "trust-wire/upload-malformed"
  | "trust-wire/no-filename"
  | "trust-wire/role-invalid"
  | "trust-wire/parameters-invalid"
  | "trust-wire/change-id-invalid";

/** A request that is not written as Notary's protocol has it. */
export class TrustWireError extends CodedError<TrustWireErrorCode> {}

/** Nobody, or somebody who may not. `error` says what was wrong with the token that was sent. */
export class Unauthorized extends CodedError<"trust-wire/unauthorized"> {
  readonly scope: Scope;
  readonly error: "invalid_token" | "insufficient_scope" | undefined;

  constructor(scope: Scope, error: Unauthorized["error"], options?: ErrorOptions) {
    super("trust-wire/unauthorized", "authentication required", options);
    this.scope = scope;
    this.error = error;
  }
}
