import { readFileSync } from "node:fs";

export type Row = {
  readonly what: string;
  /** More requests are better; less of all others is. */
  readonly unit: "requests/s" | "us of processor" | "ms" | "MB";
  readonly go: number;
  readonly ours: number;
  /** Node's own HTTPS server with nothing behind it, where that says something. */
  readonly bare?: number;
};

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Resident memory of processes, together: pages that they share are counted once, in parts. */
export function megabytesOf(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) =>
    Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0),
  );
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1_024;
}

/** Prints what was measured; a ratio is ours over theirs. */
export function printTable(rows: readonly Row[]): void {
  const line = (cells: readonly string[]): string =>
    [cells[0]?.padEnd(45), ...cells.slice(1).map((cell) => cell.padStart(16))].join("");
  console.log(line(["", "notary-server", "countersign", "ratio", "bare node:https"]));
  for (const { what, unit, go, ours, bare } of rows) {
    const shown = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));
    const ratio = (ours / go).toFixed(2);
    const most = bare === undefined ? "" : shown(bare);
    console.log(line([`${what} (${unit})`, shown(go), shown(ours), ratio, most]));
  }
}
