import { CodedError } from "#domain/kernel";

/** The source could not answer. */
export class SourceFault extends Error {
  constructor(cause: unknown) {
    const code = cause instanceof CodedError ? ` (${cause.code})` : "";
    super(`the trust data could not be fetched${code}`, { cause });
  }
}
