import { CodedError } from "#domain/kernel";

export type PkiErrorCode = "pki/file-unreadable" | "pki/name-invalid";

/** Keys or certificates on disk that are not what we put there, or names that no certificate can carry. */
export class PkiError extends CodedError<PkiErrorCode> {}
