import type { World } from "./world.ts";

/** What steers a terminal, or hides in a line: control and format characters, half pairs, other line ends. */
const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
// oxlint-disable no-control-regex -- these are what this file is about
/** The colours that we write ourselves. */
const OURS = /(\u001b\[(?:0|31|32)m)/;
/** A line of progress takes the place of the one before: it comes alone, and whole. */
const PROGRESS = /^(\r)([^\r\n]*?)(\u001b\[K)?$/;
// oxlint-enable no-control-regex

/**
 * A process whose terminal does nothing but print. Names, tags and messages come from servers and from files that
 * strangers signed: what would steer the terminal stands there as JSON has it.
 */
export function withSafeTerminal(world: World): World {
  const { terminal } = world;
  return {
    ...world,
    out: (text) => world.out(safe(text)),
    err: (text) => {
      const [, start, line, end = ""] = PROGRESS.exec(text) ?? [];
      world.err(line === undefined ? safe(text) : `${start}${safe(line)}${end}`);
    },
    terminal: {
      ...terminal,
      ask: (question) => terminal.ask(safe(question)),
      askSecret: (question) => terminal.askSecret(safe(question)),
    },
  };
}

/** A text in one line, whoever it is from. */
export function oneLine(text: string): string {
  const parts = text.split(OURS);
  return parts
    .map((part, at) => (at % 2 === 1 ? part : part.replaceAll(STEERING, escaped)))
    .join("");
}

function safe(text: string): string {
  return text
    .split(/([\n\t])/)
    .map((part) => (part === "\n" || part === "\t" ? part : oneLine(part)))
    .join("");
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    const unit = character.charCodeAt(at).toString(16);
    return `\\u${unit.padStart(4, "0")}`;
  }).join("");
}
