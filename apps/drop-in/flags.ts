import { FlagError } from "./errors.ts";

/** What a flag takes: nothing, a text, a list of texts (comma-separated, repeatable; or repeatable only), numbers. */
export type FlagKind = "bool" | "string" | "strings" | "list" | "int" | "ints";

export type Flag = {
  readonly name: string;
  readonly short?: string;
  readonly kind: FlagKind;
  readonly help: string;
  readonly default?: string;
};

/** The flags that were given, by name. */
export class FlagValues {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  isSet(name: string): boolean {
    return this.text(name) === "true";
  }
  text(name: string): string {
    return this.#values.get(name)?.at(-1) ?? "";
  }
  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
  number(name: string): number {
    return Number(this.text(name));
  }
  numbers(name: string): readonly number[] {
    return this.texts(name).map(Number);
  }
}

export type Parsed = { readonly args: readonly string[]; readonly flags: FlagValues };

/** Reads flags as Notary's clients do: before and after arguments, `--name=value`, `-n value`, `-nvalue`, `-pr`. Throws `drop-in/flag-invalid`. */
export function parseFlags(words: readonly string[], known: readonly Flag[]): Parsed {
  const args: string[] = [];
  const values = new Map<string, readonly string[]>();
  const put = (flag: Flag, text: string): void => {
    const read = readValue(flag, text);
    const isList = flag.kind === "strings" || flag.kind === "list" || flag.kind === "ints";
    values.set(flag.name, isList ? [...(values.get(flag.name) ?? []), ...read] : read);
  };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") {
      args.push(...words.slice(at + 1));
      break;
    }
    if (word.startsWith("--")) at += long(word, words[at + 1], known, put);
    else if (word.startsWith("-") && word.length > 1) at += shorts(word, words[at + 1], known, put);
    else args.push(word);
  }
  return { args, flags: new FlagValues(values) };
}

type Put = (flag: Flag, text: string) => void;

/** Reads `--name`, `--name=value`; says how many of the words after it were used. */
function long(word: string, next: string | undefined, known: readonly Flag[], put: Put): 0 | 1 {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  if (name === "" || name.startsWith("-")) throw failed(`bad flag syntax: ${word}`);
  const flag = known.find((candidate) => candidate.name === name);
  if (flag === undefined) throw failed(`unknown flag: --${name}`);
  if (equals >= 0) return (put(flag, word.slice(equals + 1)), 0);
  if (flag.kind === "bool") return (put(flag, "true"), 0);
  if (next === undefined) throw failed(`flag needs an argument: --${name}`);
  return (put(flag, next), 1);
}

/** Reads `-p`, `-pr role`, `-rrole`, `-r=role`. */
function shorts(word: string, next: string | undefined, known: readonly Flag[], put: Put): 0 | 1 {
  for (let at = 1; at < word.length; at += 1) {
    const letter = word.charAt(at);
    const flag = known.find((candidate) => candidate.short === letter);
    if (flag === undefined)
      throw failed(`unknown shorthand flag: '${letter}' in -${word.slice(at)}`);
    const rest = word.slice(at + 1);
    if (rest.startsWith("=") && rest.length > 1) return (put(flag, rest.slice(1)), 0);
    if (flag.kind === "bool") {
      put(flag, "true");
      continue;
    }
    if (rest !== "") return (put(flag, rest), 0);
    if (next === undefined) throw failed(`flag needs an argument: '${letter}' in -${letter}`);
    return (put(flag, next), 1);
  }
  return 0;
}

const TRUE = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const FALSE = new Set(["0", "f", "F", "false", "FALSE", "False"]);
const INTEGER = /^[+-]?\d+$/;
const GO_INTEGER = /^[+-]?(?:\d+|0[xX][\da-fA-F]+)$/;

function readValue(flag: Flag, text: string): readonly string[] {
  switch (flag.kind) {
    case "bool":
      if (TRUE.has(text)) return ["true"];
      if (FALSE.has(text)) return ["false"];
      throw invalid(flag, text, `strconv.ParseBool: parsing "${text}"`);
    case "string":
    case "list":
      return [text];
    case "strings":
      return splitList(text);
    case "int":
      if (GO_INTEGER.test(text)) return [String(Number(text))];
      throw invalid(flag, text, `strconv.ParseInt: parsing "${text}"`);
    case "ints":
      return text.split(",").map((part) => {
        if (INTEGER.test(part)) return String(Number(part));
        throw invalid(flag, text, `strconv.Atoi: parsing "${part}"`);
      });
  }
}

/** One line of comma-separated values, in which quotes keep a comma. */
function splitList(text: string): readonly string[] {
  if (text === "") return [];
  const values: string[] = [];
  for (const [, quoted, bare = ""] of text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g))
    values.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
  return values;
}

function invalid(flag: Flag, text: string, why: string): FlagError {
  const shown = flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`;
  return failed(`invalid argument "${text}" for "${shown}" flag: ${why}: invalid syntax`);
}

function failed(message: string): FlagError {
  return new FlagError(message);
}
