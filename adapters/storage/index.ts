/** Stores that fill the services' ports: SQL (SQLite), and blobs in a directory. */
export { openDatabase, type Database } from "./database.ts";
export { openDiskBlobStore, type DiskBlobStoreOptions } from "./blobs/disk-blob-store.ts";
export { sqlRegistryStore } from "./registry/sql-registry-store.ts";
