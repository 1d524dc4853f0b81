/** Text that only prints, whoever wrote it: for the terminal of every command. */
export { inOneLine, withoutSteering } from "./steering.ts";
