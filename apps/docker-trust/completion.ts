import { below, trust } from "./commands.ts";

const noFiles = 4;
const filesToo = 0;

/** What a shell may complete the last word to, one a line, and how: docker hands this on. */
export function completions(
  words: readonly string[],
  { withText }: { readonly withText: boolean },
): string {
  let command = trust;
  for (const word of words.slice(0, -1)) {
    const next = below(command).find(({ name }) => name.endsWith(` ${word}`));
    if (next !== undefined) command = next;
  }
  const typed = words.at(-1) ?? "";
  const found = typed.startsWith("-")
    ? command.flags.map(({ name, help }) => [`--${name}`, help] as const)
    : below(command).map(({ name, short }) => [name.split(" ").at(-1) ?? "", short] as const);
  const lines = found
    .filter(([name]) => name.startsWith(typed))
    .map(([name, text]) => (withText ? `${name}\t${text}` : name));
  return [...lines, `:${command.load === undefined ? noFiles : filesToo}`, ""].join("\n");
}
