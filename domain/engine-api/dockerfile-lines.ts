import { EngineApiError } from "./errors.ts";

/** One instruction of a Dockerfile on one line: comments are gone, continued lines are joined. */
export type Instruction = {
  /** In capitals. */
  readonly name: string;
  readonly text: string;
  /** Where it begins, from 1, and how many lines it took. */
  readonly line: number;
  readonly lines: number;
};

export type DockerfileLines = {
  /** What continues a line. */
  readonly escape: "\\" | "`";
  readonly instructions: readonly Instruction[];
};

const maxBytes = 1_048_576;
/** The engine's own limit of a line, which here holds for a joined one. */
const maxLineBytes = 65_000;
const maxLines = 20_000;

/**
 * Characters that engines of some versions take for space, or that end a line for some readers: an honest
 * Dockerfile has them in comments at most.
 */
const ODD =
  // oxlint-disable-next-line no-control-regex -- it is control characters that are looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff]/;
const DIRECTIVE = /^#[ \t]*([a-zA-Z][a-zA-Z0-9]*)[ \t]*=[ \t]*(.+?)[ \t]*$/;
/** The language that engines speak themselves, under the name that asks for it from a builder of its own. */
const standardSyntax =
  /^(?:docker\.io\/)?docker\/dockerfile(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/;

/** Reads the lines of a Dockerfile. Throws `engine-api/dockerfile-unclear` where engines could read them in two ways. */
export function readDockerfileLines(bytes: Uint8Array): DockerfileLines {
  const lines = textOf(bytes)
    .split("\n")
    .map((line) => line.replace(/\r$/, ""));
  if (lines.length > maxLines) throw unclear(1, `it has more than ${maxLines} lines`);
  const escape = escapeOf(lines);
  const instructions: Instruction[] = [];
  for (let at = 0; at < lines.length;) {
    const first = (lines[at] ?? "").trimStart();
    if (first === "" || first.startsWith("#")) {
      at += 1;
      continue;
    }
    const joined = join(lines, at, escape);
    instructions.push(instructionOf(joined.text, at + 1, joined.lines));
    at += joined.lines;
  }
  return { escape, instructions };
}

/** Writes instructions so that every engine reads the same: one line each, on the line where each stood. */
export function writeDockerfileLines({ escape, instructions }: DockerfileLines): string {
  let written = `# escape=${escape}\n`;
  let line = 2;
  for (const { name, text, line: wanted } of instructions) {
    for (; line < wanted; line += 1) written += "\n";
    written += `${name} ${text}`.trimEnd() + "\n";
    line += 1;
  }
  return written;
}

export function unclear(line: number, why: string): EngineApiError {
  return new EngineApiError("engine-api/dockerfile-unclear", `Dockerfile line ${line}: ${why}`);
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length > maxBytes) throw unclear(1, `it is larger than ${maxBytes} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes); // drops a byte order mark, as the engine does
  } catch (cause) {
    throw new EngineApiError("engine-api/dockerfile-unclear", "the Dockerfile is not UTF-8", {
      cause,
    });
  }
}

/** Reads the directives, which stand before anything else. */
function escapeOf(lines: readonly string[]): "\\" | "`" {
  let escape: "\\" | "`" = "\\";
  for (const [index, line] of lines.entries()) {
    const [, name = "", value = ""] = DIRECTIVE.exec(line.trimStart()) ?? [];
    if (name === "") break;
    if (name.toLowerCase() === "escape") {
      if (value !== "\\" && value !== "`") throw unclear(index + 1, "escape is \\ or `");
      escape = value;
    }
    if (name.toLowerCase() === "syntax" && !standardSyntax.test(value))
      throw unclear(
        index + 1,
        `it is written in a language that cannot be judged, ${value.slice(0, 100)}`,
      );
  }
  return escape;
}

/** One instruction from its first line on. Comments and empty lines within are left out. */
function join(
  lines: readonly string[],
  start: number,
  escape: string,
): { readonly text: string; readonly lines: number } {
  let text = "";
  let at = start;
  for (let isOpen = true; isOpen && at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const isLeftOut = line.trim() === "" || line.trimStart().startsWith("#");
    if (at > start && isLeftOut) continue;
    const bare = line.trimEnd();
    isOpen = bare.endsWith(escape);
    const kept = isOpen ? bare.slice(0, -1) : line;
    if (isOpen && kept.trimEnd().endsWith(escape))
      throw unclear(
        at + 1,
        "it ends in two escape characters, which engines read in different ways",
      );
    text += kept;
  }
  if (text.trimEnd().endsWith(escape)) throw unclear(start + 1, "it ends in an escape character");
  return { text: text.trim(), lines: at - start };
}

function instructionOf(text: string, line: number, lines: number): Instruction {
  const odd = ODD.exec(text)?.[0];
  if (odd !== undefined)
    throw unclear(line, `it has the character U+${hex(odd)}, which engines read in different ways`);
  if (Buffer.byteLength(text) > maxLineBytes)
    throw unclear(line, `one instruction is longer than ${maxLineBytes} bytes`);
  const [, name = "", rest = ""] = /^([^ \t]*)[ \t]*(.*)$/s.exec(text) ?? [];
  return { name: name.toUpperCase(), text: rest, line, lines };
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
