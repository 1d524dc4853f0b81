/** For tests: accounts in memory, and the suite that every store of accounts passes. */
export { accountStoreSuite } from "./account-store-suite.ts";
export { accountsWorld, cheapHasher, publicPem, type AccountsWorld } from "./accounts-world.ts";
export { memoryAccountStore } from "./memory-account-store.ts";
