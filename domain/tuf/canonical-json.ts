import type { JsonObject, JsonValue } from "#domain/json";
import { TufError } from "./errors.ts";

const SURROGATE = /[\ud800-\udfff]/;
const ESCAPED = /["\\]/;
const ESCAPED_IN_FILES = /[<>&\u2028\u2029]/g;

/**
 * Notary's canonical JSON, the form that is signed: members sorted by the bytes of their names, no space,
 * whole numbers only, in strings nothing escaped but `"` and `\`. Throws `tuf/malformed` for a number
 * that is not a whole one or that a float64 does not hold exactly, and where `maxDepth` is given for what
 * is nested deeper.
 */
export function canonicalJson(value: JsonValue, maxDepth = Infinity): string {
  if (value === null) return "null";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return wholeNumber(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (maxDepth < 1) throw new TufError("tuf/malformed", "nested too deep");
  return isArray(value)
    ? `[${value.map((item) => canonicalJson(item, maxDepth - 1)).join(",")}]`
    : canonicalObject(value, maxDepth - 1);
}

/** The bytes that a signature is made over. */
export function canonicalBytes(value: JsonValue): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value));
}

/** Canonical JSON as it stands inside a file: Go's encoder escapes five characters that HTML and JavaScript dislike. */
export function fileJson(canonical: string): string {
  return canonical.replaceAll(
    ESCAPED_IN_FILES,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function canonicalObject(value: JsonObject, maxDepth: number): string {
  let members = "";
  for (const name of sorted(Object.keys(value))) {
    const member = value[name];
    if (member === undefined) continue;
    members += `${members === "" ? "" : ","}${quote(name)}:${canonicalJson(member, maxDepth)}`;
  }
  return `{${members}}`;
}

/** By UTF-8 bytes. The order of UTF-16 units is the same one wherever no surrogate pairs are. */
function sorted(names: string[]): readonly string[] {
  if (names.some((name) => SURROGATE.test(name))) return sortedByBytes(names);
  const isSorted = names.every((name, index) => index === 0 || (names[index - 1] ?? "") < name);
  return isSorted ? names : names.sort();
}

function sortedByBytes(names: readonly string[]): readonly string[] {
  const encoder = new TextEncoder();
  return names
    .map((name) => ({ name, bytes: encoder.encode(name) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ name }) => name);
}

function quote(text: string): string {
  return ESCAPED.test(text) ? `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"` : `"${text}"`;
}

function wholeNumber(value: number): string {
  if (!Number.isSafeInteger(value))
    throw new TufError("tuf/malformed", "json: unsupported value: not a whole number");
  return String(value);
}
