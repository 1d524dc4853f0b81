import { CodedError } from "#domain/kernel";

export type IoErrorCode = "io/too-large";

/** A stream that broke the limit it was given. */
export class IoError extends CodedError<IoErrorCode> {}
