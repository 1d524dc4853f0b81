import { CodedError } from "#domain/kernel";

export type RemoteErrorCode =
  | "remotes/unreachable"
  | "remotes/too-slow"
  | "remotes/not-authorized"
  | "remotes/answer-unexpected"
  | "remotes/challenge-unknown";

/** A server elsewhere that cannot be asked. Says nothing about what it would have answered. */
export class RemoteError extends CodedError<RemoteErrorCode> {}
