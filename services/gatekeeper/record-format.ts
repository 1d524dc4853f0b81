import { GatekeeperError } from "./errors.ts";
import type { DecisionRecord } from "./decision.ts";

/**
 * Decisions as text, for stores. Maps become arrays of pairs under `$map`; everything else is JSON as it
 * stands. Only text that `writeRecord` wrote is read: it comes from our own database.
 */
export function writeRecord(record: DecisionRecord): string {
  return JSON.stringify({ format, record }, (_, value: unknown) =>
    value instanceof Map ? { $map: [...(value as ReadonlyMap<unknown, unknown>)] } : value,
  );
}

/** Reads what `writeRecord` wrote. Throws `gatekeeper/decision-unreadable`. */
export function readRecord(text: string): DecisionRecord {
  try {
    const read = JSON.parse(text, (_, value: unknown) =>
      isMap(value) ? new Map(value.$map) : value,
    ) as {
      readonly format: number;
      readonly record: DecisionRecord;
    };
    if (read.format !== format) throw new TypeError(`format ${read.format}`);
    return read.record;
  } catch (cause) {
    throw new GatekeeperError(
      "gatekeeper/decision-unreadable",
      "a stored decision cannot be read",
      { cause },
    );
  }
}

const format = 1;

function isMap(
  value: unknown,
): value is { readonly $map: readonly (readonly [unknown, unknown])[] } {
  return (
    typeof value === "object" && value !== null && "$map" in value && Array.isArray(value.$map)
  );
}
