import { CodedError } from "#domain/kernel";

export type IdentityErrorCode =
  "identity/name-invalid" | "identity/team-invalid" | "identity/fingerprint-invalid";

/** A name or key form from outside that does not follow its grammar. */
export class IdentityError extends CodedError<IdentityErrorCode> {}
