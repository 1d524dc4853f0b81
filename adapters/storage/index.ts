/** Stores that fill the services' ports: SQL (SQLite), and blobs in a directory. */
export { sqlAccountStore } from "./accounts/sql-account-store.ts";
export { openDatabase, together, type Database } from "./database.ts";
export { openDiskBlobStore, type DiskBlobStoreOptions } from "./blobs/disk-blob-store.ts";
export { sqlRegistryStore } from "./registry/sql-registry-store.ts";
export { sqlDecisionStore } from "./gatekeeper/decision-store.ts";
export { sqlWorkloadStore } from "./gatekeeper/workload-store.ts";
export { sqlPolicyStore } from "./gatekeeper/policy-store.ts";
export { sqlFileCache } from "./remotes/file-cache.ts";
export { sqlRegistries } from "./remotes/registries.ts";
export { sqlSealedPasswords } from "./remotes/sealed-passwords.ts";
export { sqlLeases } from "./trust/leases.ts";
export { cachedMetadataStore } from "./trust/cached-metadata-store.ts";
export { sqlMetadataStore } from "./trust/metadata-store.ts";
export { ownMetadataSource } from "./trust/own-source.ts";
export { sqlSealedKeyStore } from "./trust/sealed-key-store.ts";
export { sqlTrustMemory } from "./trust/trust-memory.ts";
