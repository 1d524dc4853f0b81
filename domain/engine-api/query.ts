import { EngineApiError } from "./errors.ts";

/** Parameters in their order; most names stand once. */
export type Query = ReadonlyMap<string, readonly [string, ...string[]]>;

const maxParameters = 256;
/**
 * Parameters that the engine reads as lists, some of them in some operations only: who needs one value
 * asks with `single`. Of any other parameter the engine takes the first and drops the rest.
 */
const lists: ReadonlySet<string> = new Set([
  "names",
  "t",
  "changes",
  "type",
  "platform",
  "platforms",
  "statement",
]);

/**
 * Reads a query more strictly than the engine: a parameter named twice, `;`, and a bad escape are errors.
 * Throws `engine-api/query-malformed`.
 */
export function parseQuery(text: string): Query {
  const query = new Map<string, [string, ...string[]]>();
  const pairs = text === "" ? [] : text.split("&").filter((pair) => pair !== "");
  if (text.includes(";")) throw malformed("`;` separates nothing here");
  if (pairs.length > maxParameters) throw malformed("too many query parameters");
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? "" : decode(pair.slice(at + 1));
    const before = query.get(name);
    if (before === undefined) query.set(name, [value]);
    else if (lists.has(name)) before.push(value);
    else throw malformed(`the query names ${JSON.stringify(name.slice(0, 40))} twice`);
  }
  return query;
}

/** The one value of a parameter; empty counts as absent, as it does for the engine. Throws `engine-api/query-malformed`. */
export function single(query: Query, name: string): string | undefined {
  const values = query.get(name);
  if (values !== undefined && values.length > 1)
    throw malformed(`the query names ${JSON.stringify(name)} twice`);
  return values?.[0] === "" ? undefined : values?.[0];
}

/** Writes a query, with its question mark when there is anything to ask. */
export function formatQuery(query: Query): string {
  const pairs = [...query].flatMap(([name, values]) =>
    values.map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (cause) {
    throw new EngineApiError("engine-api/query-malformed", "bad escape in the query", { cause });
  }
}

function malformed(message: string): EngineApiError {
  return new EngineApiError("engine-api/query-malformed", message);
}
