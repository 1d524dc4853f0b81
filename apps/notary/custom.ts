import { JsonError, readJson, type JsonValue } from "#domain/json";
import { failure } from "./errors.ts";
import type { Invocation } from "./invocation.ts";
import { readNamed } from "./named-file.ts";
import { byBytes } from "./table.ts";

const maxBytes = 1_048_576;

/**
 * The custom data of `--custom`, in the one form that the Notary client, too, can sign and sign again later: it
 * copies such data as it is written, and verifies it in canonical form. Throws `notary/failed`.
 */
export async function customData({ world, flags }: Invocation): Promise<{ custom?: JsonValue }> {
  const file = flags.text("custom");
  if (file === "") return {};
  const bytes = await readNamed(world, file);
  try {
    return { custom: inOrder(readJson(bytes, { maxBytes, wholeNumbers: true })) };
  } catch (error) {
    if (error instanceof JsonError)
      throw failure(`${file} is no JSON that can be signed: ${error.message}`, error);
    throw error;
  }
}

// oxlint-disable-next-line no-control-regex -- just these are written in two ways, and signed in one
const AMBIGUOUS = /[<>&\u2028\u2029\u0000-\u001f]/;

/** The same data with members in the order in which they are signed. */
function inOrder(value: JsonValue): JsonValue {
  if (typeof value === "string") return plain(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => inOrder(item));
  const members = Object.entries(value).toSorted(([a], [b]) => byBytes(a, b));
  return Object.fromEntries(members.map(([name, held]) => [plain(name), inOrder(held)]));
}

function plain(text: string): string {
  if (AMBIGUOUS.test(text))
    throw failure("custom data that is signed may hold no <, >, & and no control characters");
  return text;
}
