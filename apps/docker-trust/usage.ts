import type { Flag } from "#apps/drop-in";
import { below, type Command } from "./commands.ts";

const width = 79;

/** The line that begins with `Usage:`, as it stands below errors. */
export function usageLine(command: Command): string {
  const takes = command.takes === "" ? "" : ` ${command.takes}`;
  return `Usage:  docker ${command.name}${takes}`;
}

/** What `--help` shows, byte for byte as docker 28 has it. */
export function helpOf(command: Command): string {
  const children = below(command);
  if (children.length === 0) {
    const head = `${usageLine(command)}\n\n${command.short}\n`;
    return command.flags.length === 0 ? head : `${head}\nOptions:\n${options(command.flags)}`;
  }
  const groups = children.filter((child) => child.load === undefined);
  const single = children.filter((child) => child.load !== undefined);
  return [
    `Usage:  docker ${command.name} COMMAND\n\n${command.short}\n\n`,
    ...(groups.length === 0 ? [] : [`Management Commands:\n${listed(groups)}\n`]),
    ...(single.length === 0 ? [] : [`Commands:\n${listed(single)}\n`]),
    `Run 'docker ${command.name} COMMAND --help' for more information on a command.\n`,
  ].join("");
}

/** `See` where there may be more arguments, `Run` elsewhere: so docker has it. */
export function hintOf(command: Command): string {
  const verb = command.needs !== undefined && "atLeast" in command.needs ? "See" : "Run";
  return `${verb} 'docker ${command.name} --help' for more information\n`;
}

function listed(children: readonly Command[]): string {
  return children
    .map(({ name, short }) => `  ${(name.split(" ").at(-1) ?? "").padEnd(11)} ${short}\n`)
    .join("");
}

function options(flags: readonly Flag[]): string {
  const lefts = flags.map(({ name, short, kind }) => {
    const letters = short === undefined ? "      " : `  -${short}, `;
    return `${letters}--${name}${kind === "bool" ? "" : ` ${kind}`}`;
  });
  const column = Math.max(...lefts.map((left) => left.length)) + 3;
  return flags
    .map(({ help, default: standard }, at) => {
      const text = standard === undefined ? help : `${help} (default "${standard}")`;
      const lines = wrapped(text, width - column);
      return `${(lefts[at] ?? "").padEnd(column)}${lines.join(`\n${" ".repeat(column)}`)}\n`;
    })
    .join("");
}

/** Breaks a text as docker's help does: it leaves a last line that is a little longer, and breaks others short of it. */
function wrapped(text: string, most: number): readonly string[] {
  const slop = 5;
  const lines: string[] = [];
  let rest = text;
  while (rest.length >= most) {
    const at = rest.slice(0, most - slop).lastIndexOf(" ");
    if (at <= 0) break;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
  return [...lines, rest];
}
