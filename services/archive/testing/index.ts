/** Repositories in memory, as a server would give them. */
export { serverOf, type TestServer } from "./server.ts";
