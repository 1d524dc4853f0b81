import { JsonError, readJson, type JsonObject, type JsonValue } from "#domain/json";
import { canonicalJson, fileJson } from "./canonical-json.ts";
import { TufError } from "./errors.ts";
import { asObject, malformed } from "./shape.ts";

/** The two members of a metadata file. */
export type ReadFile = {
  readonly signed: JsonObject;
  /** The canonical form of `signed`: what signatures are made over. */
  readonly canonical: string;
  readonly signatures: JsonValue;
};

const limits = { maxDepth: 32, wholeNumbers: true };
const members: ReadonlySet<string> = new Set(["signed", "signatures"]);

/** Reads a metadata file as strictly as `readJson` does. Throws `tuf/malformed`. */
export function readFile(bytes: Uint8Array, maxBytes: number): ReadFile {
  try {
    return (bytes.length > maxBytes ? undefined : readCanonical(bytes)) ?? readAny(bytes, maxBytes);
  } catch (cause) {
    if (cause instanceof JsonError) throw new TufError("tuf/malformed", cause.code, { cause });
    throw cause;
  }
}

/**
 * A file in the one form that Notary's clients write, which nearly all are in: undefined for any other. Read by
 * the platform's own parser, which is many times faster and lax; but where the canonical form of what it read
 * is the very text it was read from, there was nothing to be lax about: no member named twice, no odd number.
 */
function readCanonical(bytes: Uint8Array): ReadFile | undefined {
  const { text, signed, canonical } = parsed(bytes) ?? {};
  if (text === undefined || signed === undefined || canonical === undefined) return undefined;
  const before = `{"signed":${fileJson(canonical)},"signatures":`;
  if (!text.startsWith(before) || !text.endsWith("}")) return undefined;
  const rest = text.slice(before.length, -1);
  const inside = { maxDepth: limits.maxDepth - 1, maxBytes: rest.length };
  const signatures = readJson(rest, { ...limits, ...inside });
  return { signed, canonical, signatures };
}

type Parsed = {
  readonly text: string;
  readonly signed: JsonObject;
  readonly canonical: string;
};

function parsed(bytes: Uint8Array): Parsed | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const signed = asObject((JSON.parse(text) as { signed?: JsonValue }).signed, "signed");
    return { text, signed, canonical: canonicalJson(signed, limits.maxDepth - 1) };
  } catch {
    return undefined; // the strict reader says what is wrong with it
  }
}

function readAny(bytes: Uint8Array, maxBytes: number): ReadFile {
  const file = asObject(readJson(bytes, { ...limits, maxBytes }), "file");
  if (Object.keys(file).some((name) => !members.has(name)))
    throw malformed("a file has only `signed` and `signatures`");
  const signed = asObject(file["signed"], "signed");
  return { signed, canonical: canonicalJson(signed), signatures: file["signatures"] ?? [] };
}
