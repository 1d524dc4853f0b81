import { parseFlags, sentenceOf, withSafeTerminal, type Flag, type World } from "#apps/drop-in";
import { commands, commandsOf, globalFlags, versionFlag, type Command } from "./commands.ts";
import { NotaryError, failure } from "./errors.ts";
import { helpOf, usageOf } from "./usage.ts";

export type ExitCode = 0 | 1;

/** Runs the command line as the Notary client does: results and the final error on standard output; exit code 0 or 1. */
export async function run(args: readonly string[], process: World): Promise<ExitCode> {
  const world = withSafeTerminal(process);
  const stop = new AbortController();
  try {
    await perform(args, world, stop.signal);
    return 0;
  } catch (error) {
    world.out(`\n* fatal: ${sentenceOf(error)}\n`);
    return 1;
  } finally {
    stop.abort();
    world.input.close();
  }
}

async function perform(args: readonly string[], world: World, signal: AbortSignal): Promise<void> {
  const { command, words } = find(args);
  const help: Flag = { name: "help", short: "h", kind: "bool", help: "" };
  const own = command === undefined ? [versionFlag] : command.flags;
  const { args: rest, flags } = parseFlags(words, [...own, ...globalFlags, help]);
  if (command?.name === "help") return world.out(helpAbout(rest));
  if (flags.isSet("help")) return world.out(helpOf(command));
  if (command === undefined) {
    if (!flags.isSet("version")) return world.out(usageOf(undefined));
    const { versionLine } = await import("./commands/version.ts");
    return world.out(versionLine());
  }
  if (command.load === undefined) return world.out(helpOf(command));
  try {
    const { run: act } = await command.load();
    await act({ world, args: rest, flags, signal });
  } catch (error) {
    if (error instanceof NotaryError && error.code === "notary/usage") world.out(usageOf(command));
    throw error;
  }
}

type Found = {
  /** Undefined is `notary` itself. */
  readonly command: Command | undefined;
  /** All words but the command's name. */
  readonly words: readonly string[];
};

/** Finds the command among flags that may stand before it. Throws `notary/failed` where there is none of that name. */
function find(args: readonly string[]): Found {
  let command: Command | undefined;
  let words = args;
  for (;;) {
    const at = firstArgument(words, command);
    const word = at === undefined ? undefined : words[at];
    if (at === undefined || word === undefined) return { command, words };
    const below = commandsOf(command?.name ?? "");
    const name = command === undefined ? word : `${command.name} ${word}`;
    const next = below.find((candidate) => candidate.name === name);
    if (next === undefined) {
      if (command === undefined) throw unknownCommand(word);
      return { command, words };
    }
    words = words.toSpliced(at, 1);
    command = next;
    if (command.load !== undefined) return { command, words };
  }
}

/** Where the first word stands that is no flag and no flag's value. */
function firstArgument(words: readonly string[], command: Command | undefined): number | undefined {
  const known = [...globalFlags, ...(command?.flags ?? [versionFlag])];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") return undefined;
    if (!word.startsWith("-") || word === "-") return at;
    if (takesNext(word, known)) at += 1;
  }
  return undefined;
}

function takesNext(word: string, known: readonly Flag[]): boolean {
  if (word.includes("=")) return false;
  const isLong = word.startsWith("--");
  if (!isLong && word.length > 2) return false;
  const name = word.replace(/^--?/, "");
  if (name === "help" || word === "-h") return false;
  const flag = known.find((one) => (isLong ? one.name : one.short) === name);
  return flag?.kind !== "bool";
}

function helpAbout(words: readonly string[]): string {
  const [first = "", second = ""] = words;
  if (first === "") return helpOf(undefined);
  const found =
    commands.find(({ name }) => name === `${first} ${second}`) ??
    commands.find(({ name }) => name === first);
  if (found === undefined)
    return `Unknown help topic [\`${words.join(" ")}\`]\n${usageOf(undefined)}`;
  return helpOf(found);
}

function unknownCommand(word: string): NotaryError {
  const near = commandsOf("")
    .map(({ name }) => name)
    .filter((name) => isNear(word, name));
  const hint = near.length === 0 ? "" : `\n\nDid you mean this?\n\t${near.join("\n\t")}\n`;
  return failure(`unknown command "${word}" for "notary"${hint}`);
}

/** Whether somebody who typed `word` may have meant `name`: its beginning, or two letters apart. */
function isNear(word: string, name: string): boolean {
  if (word.length > 40) return false;
  return name.startsWith(word.toLowerCase()) || distance(word.toLowerCase(), name) <= 2;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
