import { CodedError } from "#domain/kernel";

export type TrustErrorCode =
  | "trust/gun-refused"
  | "trust/not-found"
  | "trust/part-malformed"
  | "trust/update-invalid"
  | "trust/version-conflict"
  | "trust/key-lost"
  | "trust/master-key-changed"
  | "trust/clock-behind";

/** What the trust service refuses, or cannot do. */
export class TrustError extends CodedError<TrustErrorCode> {}

/** Which part of an update is wrong, by the names that Notary's clients know. */
export type InvalidPart =
  "ErrValidation" | "ErrBadHierarchy" | "ErrBadRoot" | "ErrBadTargets" | "ErrBadSnapshot";

/** An update that breaks a rule. The message is the one that Notary's clients print after naming the part. */
export class InvalidUpdate extends TrustError {
  readonly part: InvalidPart;
  /** The role that is missing, for `ErrBadHierarchy`. */
  readonly missing: string | undefined;

  constructor(
    part: InvalidPart,
    message: string,
    options: { cause?: unknown; missing?: string } = {},
  ) {
    super("trust/update-invalid", message, { cause: options.cause });
    this.part = part;
    this.missing = options.missing;
  }
}
