/** `countersign engine-plugin`: the process on a node that answers its engine and its runtime guard. */
export { readNodeConfig, writeNodeConfig, type NodeConfig } from "./config.ts";
export { NodeError, type NodeErrorCode } from "./errors.ts";
export { runNode, startNode } from "./run-node.ts";
