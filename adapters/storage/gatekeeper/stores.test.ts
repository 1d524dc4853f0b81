import { gatekeeperStoreSuite } from "#services/gatekeeper/testing";
import { openDatabase } from "../database.ts";
import { sqlDecisionStore } from "./decision-store.ts";
import { sqlPolicyStore } from "./policy-store.ts";
import { sqlWorkloadStore } from "./workload-store.ts";

gatekeeperStoreSuite("gatekeeper stores in SQLite", async () => {
  const database = await openDatabase(":memory:");
  return {
    policies: sqlPolicyStore(database),
    decisions: sqlDecisionStore(database),
    workloads: sqlWorkloadStore(database),
    close: () => database.destroy(),
  };
});
