import { FlagError, parseFlags, withSafeTerminal, type Flag, type FlagValues } from "#apps/drop-in";
import { below, commands, globalFlags, trust, type Command } from "./commands.ts";
import { DockerTrustError } from "./errors.ts";
import { metadata } from "./metadata.ts";
import { helpOf, hintOf, usageLine } from "./usage.ts";
import type { World } from "./world.ts";

export type ExitCode = 0 | 1 | 125;

const help: Flag = { name: "help", short: "h", kind: "bool", help: "" };

/**
 * Runs what docker hands to a plugin: `docker-cli-plugin-metadata`, `__complete …`, or docker's own arguments,
 * from its flags over the plugin's name to the rest. Results on stdout, the error on stderr.
 */
export async function run(args: readonly string[], process: World): Promise<ExitCode> {
  const world = withSafeTerminal(process);
  const stop = new AbortController();
  let command = trust;
  try {
    if (args[0] === "docker-cli-plugin-metadata") {
      world.out(metadata());
      return 0;
    }
    if (args[0] === "__complete" || args[0] === "__completeNoDesc") {
      const { completions } = await import("./completion.ts");
      world.out(completions(args.slice(2), { withText: args[0] === "__complete" }));
      return 0;
    }
    const { globals, words } = split(args);
    const found = find(words);
    command = found.command;
    return await perform(found, globals, world, stop.signal);
  } catch (error) {
    return report(error, command, world);
  } finally {
    stop.abort();
    world.input.close();
  }
}

type Found = { readonly command: Command; readonly words: readonly string[] };

async function perform(
  { command, words }: Found,
  globals: FlagValues,
  world: World,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { args, flags } = reading(() => parseFlags(words, [...command.flags, help]));
  if (flags.isSet("help")) {
    const isShort = words.some((word) => /^-[a-z]*h/.test(word));
    if (isShort) world.out("Flag shorthand -h has been deprecated, use --help\n");
    world.out(helpOf(command));
    return 0;
  }
  if (command.load === undefined) {
    const [word] = args;
    if (word !== undefined) throw usage(`docker: unknown command: docker ${command.name} ${word}`);
    world.err(helpOf(command));
    return 0;
  }
  requireCount(command, args.length);
  const { run: act } = await command.load();
  await act({ world, args, flags, globals, signal });
  return 0;
}

/** Takes docker's own flags, and the name that the plugin goes by, from before the command. */
function split(args: readonly string[]): {
  readonly globals: FlagValues;
  readonly words: readonly string[];
} {
  let at = 0;
  while (at < args.length) {
    const word = args[at] ?? "";
    if (!word.startsWith("-") || word === "--help" || word === "-h") break;
    at += takesNext(word) ? 2 : 1;
  }
  const { flags } = reading(() => parseFlags(args.slice(0, at), globalFlags));
  const words = args.slice(at);
  // `docker help trust key` comes as it is typed.
  if (words[0] === "help") return { globals: flags, words: [...words.slice(2), "--help"] };
  const isCommand = commands.some(({ name }) => name === `trust ${words[0] ?? ""}`);
  return { globals: flags, words: isCommand || words[0]?.startsWith("-") ? words : words.slice(1) };
}

function takesNext(word: string): boolean {
  const isLong = word.startsWith("--");
  if (word.includes("=") || (!isLong && word.length > 2)) return false;
  const name = word.replace(/^--?/, "");
  const flag = globalFlags.find((one) => (isLong ? one.name : one.short) === name);
  return flag !== undefined && flag.kind !== "bool";
}

function find(words: readonly string[]): Found {
  let found: Found = { command: trust, words };
  for (;;) {
    const [word = ""] = found.words;
    const next = below(found.command).find(({ name }) => name.endsWith(` ${word}`));
    if (next === undefined) return found;
    found = { command: next, words: found.words.slice(1) };
  }
}

function requireCount(command: Command, count: number): void {
  const { name, needs } = command;
  if (needs === undefined) return;
  const least = "atLeast" in needs ? needs.atLeast : needs.exactly;
  if (count >= least && ("atLeast" in needs || count === least)) return;
  const kind = "atLeast" in needs ? "at least " : "";
  const noun = least === 1 ? "argument" : "arguments";
  throw usage(`docker: 'docker ${name}' requires ${kind}${least} ${noun}`);
}

/** Turns what the reader of flags says into this program's own error. */
function reading<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new DockerTrustError("docker-trust/flag", error.message, { cause: error });
  }
}

function usage(message: string): DockerTrustError {
  return new DockerTrustError("docker-trust/usage", message);
}

async function report(error: unknown, command: Command, world: World): Promise<ExitCode> {
  if (!(error instanceof DockerTrustError)) {
    const { sentenceOf } = await import("#apps/drop-in");
    world.err(`${sentenceOf(error)}\n`);
    return 1;
  }
  switch (error.code) {
    case "docker-trust/declined":
      return 0;
    case "docker-trust/failed":
      world.err(`${error.message}\n`);
      return 1;
    case "docker-trust/usage":
      world.err(`${error.message}\n\n${usageLine(command)}\n\n${hintOf(command)}`);
      return 1;
    case "docker-trust/flag":
      world.err(
        `${error.message}\n\n${usageLine(command)}\n\nRun 'docker ${command.name} --help' for more information\n`,
      );
      return 125;
  }
}
