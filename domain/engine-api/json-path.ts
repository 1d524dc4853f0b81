import type { JsonObject, JsonValue } from "#domain/json";

/** Where a value stands inside another: `["HostConfig", "Mounts", 0, "Source"]`. */
export type JsonPath = readonly (string | number)[];

/** The value at `path`, or undefined. */
export function at(value: JsonValue | undefined, path: JsonPath): JsonValue | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (isObject(value)) return at(value[first], rest);
  return isList(value) && typeof first === "number" ? at(value[first], rest) : undefined;
}

/** `value` with another text at `path`. */
export function replaced(value: JsonValue, path: JsonPath, text: string): JsonValue {
  const [first, ...rest] = path;
  if (first === undefined) return text;
  if (isList(value))
    return value.map((item, index) => (index === first ? replaced(item, rest, text) : item));
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  return objectOf(
    entries.map(([name, item]) => [name, name === first ? replaced(item, rest, text) : item]),
  );
}

/** An object without prototype, in which `__proto__` is a member like any other. */
export function objectOf(entries: readonly (readonly [string, JsonValue])[]): JsonObject {
  const made = Object.create(null) as Record<string, JsonValue>;
  for (const [name, value] of entries) made[name] = value;
  return made;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
