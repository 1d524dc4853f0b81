import { oneLine } from "./safe-terminal.ts";

/** Text for a terminal of 80 columns. */
export const columns = 80;

/**
 * Columns side by side under their headings. What does not fit in the last one goes on below it;
 * the others are as wide as they need to be.
 */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows.map((row) => row.map(oneLine))];
  const last = headings.length - 1;
  const widths = headings
    .slice(0, last)
    .map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const indent = widths.reduce((sum, width) => sum + width + 2, 0);
  return all
    .map((row) => {
      const start = widths.map((width, column) => (row[column] ?? "").padEnd(width + 2)).join("");
      return `${hang(start, row[last] ?? "", indent)}\n`;
    })
    .join("");
}

/** Names on the left, values on the right: one line each, long values wrapped. */
export function fields(entries: readonly (readonly [string, string | undefined])[]): string {
  const known = entries.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, oneLine(value)] as const],
  );
  const names = known.map(([name]) => name.length);
  const words = known.flatMap(([, value]) => value.split(" ")).map((word) => word.length);
  const longest = Math.max(0, ...names);
  // A digest is 71 characters long: beside a name of eight there is room for one space.
  const width = longest + (longest + 2 + Math.max(0, ...words) > columns ? 1 : 2);
  return known.map(([name, value]) => `${hang(name.padEnd(width), value, width)}\n`).join("");
}

/** Breaks `text` at spaces, so that it fits beside `start`; words longer than a line stay whole. */
function hang(start: string, text: string, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && indent + longer.length > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  return `${start}${lines.join(`\n${" ".repeat(indent)}`)}`.replaceAll(/ +$/gm, "");
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  const head = names.slice(0, -1).join(", ");
  const tail = names.at(-1) ?? "";
  return head === "" ? tail : `${head} and ${tail}`;
}

/** A moment as ISO 8601 in UTC, to the second. */
export function moment(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

export const yesNo = (value: boolean): string => (value ? "yes" : "no");
