import type { World } from "./world.ts";

/** What steers a terminal or turns a line about, but for line ends and tabs. */
const STEERING =
  // oxlint-disable-next-line no-control-regex -- these are what is taken out
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const LINES = /[\t\n\u2028\u2029]/g;

/**
 * A process whose terminal does nothing but print: names and messages come from servers and from files that
 * strangers signed. What would steer the terminal stands there as JSON has it; bytes stay as they are.
 */
export function withSafeTerminal(world: World): World {
  return {
    ...world,
    out: (text) => world.out(typeof text === "string" ? text.replaceAll(STEERING, escaped) : text),
    err: (text) => world.err(text.replaceAll(STEERING, escaped)),
  };
}

/** A name in one line, so that it makes no rows of its own. */
export function oneLine(text: string): string {
  return text.replaceAll(LINES, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
