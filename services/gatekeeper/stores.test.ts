import {
  gatekeeperStoreSuite,
  memoryDecisionStore,
  memoryPolicyStore,
} from "#services/gatekeeper/testing";

gatekeeperStoreSuite("gatekeeper stores in memory", () =>
  Promise.resolve({ policies: memoryPolicyStore(), decisions: memoryDecisionStore() }),
);
