import { CodedError } from "#domain/kernel";

export type RemoteErrorCode =
  | "remotes/address-invalid"
  | "remotes/tls-invalid"
  | "remotes/unreachable"
  | "remotes/too-slow"
  | "remotes/not-authorized"
  | "remotes/answer-unexpected"
  | "remotes/challenge-unknown"
  /** What the server gave, or what was to be sent, is not what was said of it. */
  | "remotes/content-differs"
  /** What was to be sent cannot be read. */
  | "remotes/content-unreadable"
  | "remotes/content-too-large"
  /** The docker configuration, or a program that it names, gives no credentials that can be used. */
  | "remotes/credentials-broken";

/** A server elsewhere that cannot be asked. Says nothing about what it would have answered. */
export class RemoteError extends CodedError<RemoteErrorCode> {
  /** HTTP; undefined where there was no answer, or where the fault is not in it. */
  readonly status: number | undefined;

  constructor(
    code: RemoteErrorCode,
    message: string,
    options: ErrorOptions & { readonly status?: number } = {},
  ) {
    super(code, message, options);
    this.status = options.status;
  }
}
