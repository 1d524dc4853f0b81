import {
  gatekeeperStoreSuite,
  memoryDecisionStore,
  memoryPolicyStore,
  memoryWorkloadStore,
} from "#services/gatekeeper/testing";

gatekeeperStoreSuite("gatekeeper stores in memory", () =>
  Promise.resolve({
    policies: memoryPolicyStore(),
    decisions: memoryDecisionStore(),
    workloads: memoryWorkloadStore(),
  }),
);
