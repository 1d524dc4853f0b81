/** Stores that fill the services' ports: SQL (SQLite), and blobs in a directory. */
export { openDatabase, type Database } from "./database.ts";
