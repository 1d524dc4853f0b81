import { CodedError } from "#domain/kernel";

export type ArchiveErrorCode =
  /** The server has no trust data of that name. */
  | "archive/absent"
  /** What the server gave does not verify, not even as of a time when it was fresh. */
  | "archive/unsound"
  /** The server gave older files than the archive holds. */
  | "archive/rolled-back"
  /** Another repository of the same name: its roots do not follow from those that are known. */
  | "archive/another-repository"
  /** More bytes, roots or repositories than one archive takes. */
  | "archive/too-large"
  /** Not one of our archives. */
  | "archive/not-an-archive"
  /** An archive that differs from what was written: a byte, a file, a length. */
  | "archive/damaged"
  /** The archive holds nothing of that name. */
  | "archive/repository-unknown"
  /** The server stayed busy or broken however often it was asked. */
  | "archive/source-busy";

/** An archive that cannot be made or read. Nothing that was there before has changed. */
export class ArchiveError extends CodedError<ArchiveErrorCode> {}
