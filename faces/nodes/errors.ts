import { CodedError } from "#domain/kernel";

export type NodesErrorCode = "nodes/not-known" | "nodes/input-invalid";

export class NodesError extends CodedError<NodesErrorCode> {}
