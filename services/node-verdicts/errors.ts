import { CodedError } from "#domain/kernel";

export type NodeVerdictsErrorCode =
  /** No answer, or one that tells of a fault of the server's: what is kept may stand in. */
  | "node-verdicts/server-away"
  /** The server answers, and not to us: nothing may stand in for that. */
  | "node-verdicts/not-known";

export class NodeVerdictsError extends CodedError<NodeVerdictsErrorCode> {}
