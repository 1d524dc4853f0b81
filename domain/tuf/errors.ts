import { CodedError } from "#domain/kernel";

export type TufErrorCode =
  | "tuf/malformed"
  | "tuf/invalid"
  | "tuf/role-invalid"
  | "tuf/key-invalid"
  | "tuf/key-id-differs"
  | "tuf/threshold"
  | "tuf/root-chain"
  | "tuf/certificate-invalid"
  | "tuf/version"
  | "tuf/expired"
  | "tuf/content-differs";

/** Metadata that must not be trusted. The messages are worded as Notary's clients expect to print them. */
export class TufError extends CodedError<TufErrorCode> {}
