import type { JsonObject, JsonValue } from "#domain/json";
import { TufError } from "./errors.ts";

/** What is wrong with a file's shape: it is not the kind of JSON that its reader knows. */
export function malformed(what: string): TufError {
  return new TufError("tuf/malformed", what);
}

/** What is wrong with a file's content, worded as Notary words it. */
export function invalid(role: string, what: string): TufError {
  return new TufError("tuf/invalid", `${role} type metadata invalid: ${what}`);
}

export function asObject(value: JsonValue | undefined, what: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw malformed(`${what} is not an object`);
  return value as JsonObject;
}

/** The members of an object, as a map: their names come from outside. */
export function asMap(
  value: JsonValue | undefined,
  what: string,
  maxMembers: number,
): ReadonlyMap<string, JsonValue> {
  const members = Object.entries(asObject(value, what));
  if (members.length > maxMembers) throw malformed(`${what} has more than ${maxMembers} members`);
  return new Map(members);
}

export function asArray(
  value: JsonValue | undefined,
  what: string,
  maxItems: number,
): readonly JsonValue[] {
  if (!Array.isArray(value)) throw malformed(`${what} is not an array`);
  if (value.length > maxItems) throw malformed(`${what} has more than ${maxItems} items`);
  return value as readonly JsonValue[];
}

export function asString(value: JsonValue | undefined, what: string): string {
  if (typeof value !== "string") throw malformed(`${what} is not a string`);
  return value;
}

export function asWhole(value: JsonValue | undefined, what: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    throw malformed(`${what} is not a whole number`);
  return value;
}

/** Reads base64 in its one canonical form: what is decoded and written again is the same text. */
export function asBytes(value: JsonValue | undefined, what: string): Uint8Array {
  const text = asString(value, what);
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw malformed(`${what} is not base64`);
  return bytes;
}
