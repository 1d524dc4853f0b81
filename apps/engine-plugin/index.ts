/** `countersign engine-plugin`: the process on a node that answers its engine and its runtime guard. */
export { writeNodeConfig, type NodeConfig } from "./config.ts";
export type { NodeError, NodeErrorCode } from "./errors.ts";
export { runNode } from "./run-node.ts";
