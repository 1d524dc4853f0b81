import { inOneLine, withoutSteering } from "#apps/terminal";
import type { World } from "./world.ts";

// oxlint-disable no-control-regex -- these are what this file is about
/** The colours that we write ourselves. */
const OURS = /(\u001b\[(?:0|31|32)m)/;
/** A line of progress takes the place of the one before: it comes alone, and whole. */
const PROGRESS = /^(\r)([^\r\n]*?)(\u001b\[K)?$/;
// oxlint-enable no-control-regex

/** A process whose terminal prints, in our colours, and overwrites only lines of progress: nothing else steers it. */
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

/** A text in one line, whoever it is from; in our colours, where it has them. */
export function oneLine(text: string): string {
  return besideColours(text, inOneLine);
}

function safe(text: string): string {
  return besideColours(text, withoutSteering);
}

function besideColours(text: string, map: (part: string) => string): string {
  const parts = text.split(OURS);
  return parts.map((part, at) => (at % 2 === 1 ? part : map(part))).join("");
}
