/** How every command begins: on a Node.js that can run it, with what was compiled before. */
export { start, type Launch } from "./start.ts";
