import { unclear } from "./dockerfile-lines.ts";

/** What a `FROM` may refer to; undefined for an argument that has no value, or none that is clear. */
export type DockerfileArguments = ReadonlyMap<string, string | undefined>;

const QUOTING = /["'`\\]/;

/** The flags that an instruction begins with, and what follows them. Throws `engine-api/dockerfile-unclear`. */
export function splitFlags(
  text: string,
  line: number,
): { readonly flags: readonly string[]; readonly rest: string } {
  const flags: string[] = [];
  let rest = text;
  for (;;) {
    const flag = /^--[^ \t]+(?=[ \t]|$)/.exec(rest)?.[0];
    if (flag === undefined) return { flags, rest };
    if (QUOTING.test(flag)) throw unclear(line, `${flag.slice(0, 60)} is quoted: write it plainly`);
    flags.push(flag);
    rest = rest.slice(flag.length).trimStart();
  }
}

/** The words of a `FROM`. Throws `engine-api/dockerfile-unclear`. */
export function plainWords(text: string, line: number): readonly string[] {
  if (/["'`\\]/.test(text)) throw unclear(line, "an image is written without quotes and escapes");
  return text.split(/[ \t]+/);
}

/** Puts the values of arguments into a word: `$A`, `${A}`, `${A:-else}`, `${A:+then}`. Throws `engine-api/dockerfile-unclear`. */
export function expand(word: string, known: DockerfileArguments, line: number): string {
  const expanded = word.replaceAll(
    /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::([-+])([^${}]*))?\})/g,
    (_all, bare?: string, braced?: string, operator?: string, other = "") => {
      const name = bare ?? braced ?? "";
      const value = known.get(name);
      if (operator === "-") return value === undefined || value === "" ? other : value;
      if (operator === "+") return value === undefined || value === "" ? "" : other;
      if (value === undefined) throw unclear(line, `${name} has no value that is known here`);
      return value.replaceAll("$", "\0");
    },
  );
  if (expanded.includes("$")) throw unclear(line, `${word.slice(0, 100)} cannot be worked out`);
  return expanded.replaceAll("\0", "$");
}

/**
 * The arguments after one more `ARG` before the first `FROM`. `given` are those of the request, which go
 * before defaults; undefined there is one that the client's environment did not have.
 */
export function declare(
  known: DockerfileArguments,
  text: string,
  given: DockerfileArguments,
): DockerfileArguments {
  const after = new Map(known);
  const isOne = !/[ \t]/.test(text);
  for (const [, name = "", written] of text.matchAll(/(?:^|[ \t])([A-Za-z_]\w*)(?:=([^ \t]*))?/g)) {
    const quoted = isOne || !QUOTING.test(text) ? written : undefined;
    const value = given.get(name) ?? (quoted === undefined ? undefined : plainValue(quoted, after));
    after.set(name, value);
  }
  return after;
}

function plainValue(written: string, known: DockerfileArguments): string | undefined {
  const single = /^'([^'\\`]*)'$/.exec(written)?.[1];
  if (single !== undefined) return single;
  const plain = /^"([^"'\\`]*)"$/.exec(written)?.[1] ?? written;
  if (QUOTING.test(plain)) return undefined;
  try {
    return expand(plain, known, 0);
  } catch {
    return undefined; // not clear: only who refers to it is refused
  }
}
