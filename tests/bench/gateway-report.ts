/** What was measured, one number at the engine's own socket and one through the gateway. */
export type GatewayRow = {
  readonly what: string;
  readonly unit: string;
  readonly direct?: number;
  readonly ours: number;
  /** The gateway's over the engine's, or what it adds. */
  readonly compare?: "ratio" | "added";
};

/** The value that `share` of all values do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const line = (cells: readonly string[]): string =>
  [cells[0]?.padEnd(47), ...cells.slice(1).map((cell) => cell.padStart(12))].join("");

export function printHeading(): void {
  console.log(line(["", "engine", "gateway", "compared"]));
}

export function printRows(rows: readonly GatewayRow[]): void {
  for (const row of rows)
    console.log(
      line([
        `${row.what} (${row.unit})`,
        row.direct === undefined ? "" : shown(row.direct),
        shown(row.ours),
        compared(row),
      ]),
    );
}

function compared({ direct, ours, compare }: GatewayRow): string {
  if (direct === undefined || compare === undefined) return "";
  return compare === "ratio" ? `x ${(ours / direct).toFixed(2)}` : `+ ${shown(ours - direct)}`;
}

function shown(value: number): string {
  return value.toFixed(Math.abs(value) >= 100 ? 0 : 2);
}
