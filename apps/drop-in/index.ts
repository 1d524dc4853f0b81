/** What the commands share that stand in for a Go client: the drop-in `notary`, and `docker trust`. */
export { CommandError, FlagError } from "./errors.ts";
export { parseFlags, type Flag, type FlagKind, type FlagValues } from "./flags.ts";
export { logLine } from "./log.ts";
export { askPassphrases, keyName } from "./passphrases.ts";
export { withSafeTerminal } from "./safe-terminal.ts";
export { processWorld } from "./process-world.ts";
export { forPeople, readingSentence, sentenceOf, type About } from "./sentences.ts";
export { codeOf, saying } from "./system-errors.ts";
export { unreachableWords } from "./unreachable-words.ts";
export type { World } from "./world.ts";
