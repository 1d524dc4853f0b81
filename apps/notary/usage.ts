import type { Flag, FlagKind } from "#apps/drop-in";
import { commandsOf, globalFlags, versionFlag, type Command } from "./commands.ts";

const about =
  "Notary signs content and verifies who signed it: collections of targets, each with a Globally Unique Name.";

/** What `--help` shows. */
export function helpOf(command: Command | undefined): string {
  return `${command?.long ?? about}\n\n${usageOf(command)}`;
}

/** How a command is used; undefined is `notary` itself. */
export function usageOf(command: Command | undefined): string {
  const below = command?.load === undefined ? commandsOf(command?.name ?? "") : [];
  const lines = ["Usage:"];
  if (command === undefined) lines.push("  notary [flags]", "  notary [command]");
  else lines.push(`  notary ${command.name} ${command.takes}`);
  if (below.length > 0) lines.push("", "Available Commands:", ...listed(below));
  lines.push("", "Flags:", ...flagLines(flagsShown(command)));
  if (command !== undefined) lines.push("", "Global Flags:", ...flagLines(globalFlags));
  const name = command === undefined ? "notary" : `notary ${command.name}`;
  if (below.length > 0)
    lines.push("", `Use "${name} [command] --help" for more information about a command.`);
  return `${lines.join("\n")}\n`;
}

function flagsShown(command: Command | undefined): readonly Flag[] {
  const name = command === undefined ? "notary" : (command.name.split(" ").at(-1) ?? "");
  const help: Flag = { name: "help", short: "h", kind: "bool", help: `help for ${name}` };
  const own = command === undefined ? [...globalFlags, versionFlag] : command.flags;
  return [...own, help].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function listed(commands: readonly Command[]): readonly string[] {
  const named = commands.map(({ name, short }) => [name.split(" ").at(-1) ?? "", short] as const);
  const width = Math.max(11, ...named.map(([name]) => name.length));
  return named.map(([name, short]) => `  ${name.padEnd(width)} ${short}`);
}

const typeNames: Readonly<Record<FlagKind, string>> = {
  bool: "",
  string: " string",
  strings: " strings",
  list: " list",
  int: " int",
  ints: " ints",
};

function flagLines(flags: readonly Flag[]): readonly string[] {
  const lefts = flags.map(({ name, short, kind }) => {
    const letters = short === undefined ? "      " : `  -${short}, `;
    return `${letters}--${name}${typeNames[kind]}`;
  });
  const width = Math.max(...lefts.map((left) => left.length)) + 3;
  return flags.map((flag, at) => {
    const standard = flag.default === undefined ? "" : ` (default "${flag.default}")`;
    return `${(lefts[at] ?? "").padEnd(width)}${flag.help}${standard}`;
  });
}
