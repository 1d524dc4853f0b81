import { CodedError } from "#domain/kernel";

export type ReaderErrorCode =
  | "reader/registry-taken"
  | "reader/registry-own"
  | "reader/registry-unknown"
  | "reader/ca-invalid"
  | "reader/trust-server-invalid"
  | "reader/password-lost";

/** A registry that cannot be registered, or that nobody registered. */
export class ReaderError extends CodedError<ReaderErrorCode> {}
