import { accountStoreSuite } from "./account-store-suite.ts";
import { memoryAccountStore } from "./memory-account-store.ts";

accountStoreSuite(() => Promise.resolve(memoryAccountStore()));
