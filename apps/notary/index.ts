/** The drop-in `notary`, and what the other command that follows the Go clients shares with it. */
export { NotaryError } from "./errors.ts";
export { parseFlags, type Flag, type FlagValues } from "./flags.ts";
export { logLine } from "./log.ts";
export { isUnreachable, noting } from "./noting.ts";
export { withSafeTerminal } from "./printable.ts";
export { readingSentence, sentenceOf, type About } from "./sentences.ts";
export { standardInput } from "./standard-input.ts";
export { saying } from "./system-errors.ts";
export type { World } from "./world.ts";
