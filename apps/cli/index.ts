/** The `countersign` command. */
export { run } from "./program.ts";
export type { Terminal, World } from "./world.ts";
