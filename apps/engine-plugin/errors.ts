import { CodedError } from "#domain/kernel";

export type NodeErrorCode = "node/config-invalid" | "node/file-unreadable";

export class NodeError extends CodedError<NodeErrorCode> {}
