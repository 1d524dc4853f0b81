import { JsonError, readJson, type JsonObject, type JsonValue } from "#domain/json";

/** The object that `bytes` are the JSON of; undefined for everything else. */
export function jsonObject(bytes: Uint8Array, maxBytes: number): JsonObject | undefined {
  try {
    return objectOf(readJson(bytes, { maxBytes }));
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

/** `value`, if it is an object. */
export function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : undefined;
}

/** `value`, if it is text. */
export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
