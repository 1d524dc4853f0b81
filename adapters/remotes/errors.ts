import { CodedError } from "#domain/kernel";

export type RemoteErrorCode =
  | "remotes/address-invalid"
  | "remotes/tls-invalid"
  | "remotes/unreachable"
  | "remotes/too-slow"
  | "remotes/not-authorized"
  | "remotes/answer-unexpected"
  | "remotes/challenge-unknown"
  /** What the server gave is not what its name says. */
  | "remotes/content-differs"
  | "remotes/content-too-large"
  | "remotes/content-unknown"
  /** The docker configuration, or a program that it names, gives no credentials that can be used. */
  | "remotes/credentials-broken";

/** A server elsewhere that cannot be asked. Says nothing about what it would have answered. */
export class RemoteError extends CodedError<RemoteErrorCode> {}
