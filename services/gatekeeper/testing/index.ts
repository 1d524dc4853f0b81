/** Honest in-memory stores of the gatekeeper, and the suite that every store passes. */
export { memoryDecisionStore, memoryPolicyStore, memoryWorkloadStore } from "./memory-stores.ts";
export { decisionRecord, gatekeeperStoreSuite } from "./store-suite.ts";
