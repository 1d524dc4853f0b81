import { inOneLine } from "#apps/terminal";

const gap = 4;

/** A table as the Notary client prints it: headers, dashes below each, columns four spaces apart. The last column is not filled up. */
export function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const dashes = headers.map((header) => "-".repeat(header.length));
  const lines = [headers, dashes, ...rows.map((row) => row.map(inOneLine))];
  const widths = headers.map((_, at) =>
    lines.reduce((most, line) => Math.max(most, widthOf(line[at])), 0),
  );
  return lines
    .map((line) => {
      const last = headers.length - 1;
      const cells = line
        .slice(0, last)
        .map((cell, at) => cell + " ".repeat((widths[at] ?? 0) + gap - widthOf(cell)));
      return `${cells.join("")}${line[last] ?? ""}\n`;
    })
    .join("");
}

/** In code points. */
function widthOf(cell: string | undefined): number {
  if (cell === undefined) return 0;
  return /[\ud800-\udfff]/.test(cell) ? Array.from(cell).length : cell.length;
}

/** Cuts a text on the left, so that its end stays. */
export function endOf(text: string, width: number): string {
  return text.length > width ? `...${text.slice(text.length - width + 3)}` : text;
}

/** Orders texts by their bytes. */
export function byBytes(a: string, b: string): number {
  if (a === b) return 0;
  if (/[\ud800-\udfff]/.test(a + b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}
