import { EngineApiError } from "./errors.ts";
import { parseQuery, type Query } from "./query.ts";

/** A request target in the one form in which nobody can read it two ways. */
export type Target = {
  /** Minor number of the API version (`/v1.41/…` is 41); undefined when the path names none. */
  readonly version: number | undefined;
  /** The segments of the path after the version, as written, still percent-encoded. */
  readonly segments: readonly string[];
  readonly query: Query;
};

const maxCharacters = 16_384;
const PRINTABLE = /^[\u0021-\u007e]*$/;
const VERSION = /^v[0-9]/i;
const SUPPORTED = /^v1\.(2[4-9]|[34][0-9]|5[0-5])$/;

/**
 * Reads the target of a request line (RFC 9112, section 3.2.1: origin form only). The engine routes on a
 * decoded and cleaned path, so what could be cleaned into something else is refused: an absolute URL, an
 * empty or dot segment, a backslash, a fragment. Throws `engine-api/target-malformed`,
 * `engine-api/query-malformed` or `engine-api/version-unsupported`.
 */
export function parseTarget(raw: string): Target {
  if (raw.length > maxCharacters) throw malformed("the request target is too long");
  if (!raw.startsWith("/")) throw malformed("the request target must be a path");
  if (!PRINTABLE.test(raw) || raw.includes("\\") || raw.includes("#"))
    throw malformed("the request target contains a character that no path has");
  const mark = raw.indexOf("?");
  const path = mark < 0 ? raw : raw.slice(0, mark);
  const segments = path.slice(1).split("/");
  if (segments.some((segment) => segment === "" || /^(?:\.|%2e){1,2}$/i.test(segment)))
    throw malformed("the path has an empty or dot segment");
  const [first = ""] = segments;
  const query = parseQuery(mark < 0 ? "" : raw.slice(mark + 1));
  if (!VERSION.test(first)) return { version: undefined, segments, query };
  if (!SUPPORTED.test(first))
    throw new EngineApiError(
      "engine-api/version-unsupported",
      "this gateway speaks versions 1.24 to 1.55 of the Engine API",
    );
  return { version: Number(first.slice("v1.".length)), segments: segments.slice(1), query };
}

/** Decodes the part of a path that is somebody's name. Throws `engine-api/target-malformed`. */
export function decodeName(segments: readonly string[]): string {
  return segments.map(decodeSegment).join("/");
}

function decodeSegment(segment: string): string {
  // Letters, digits, `-`, `.`, `_`, `~` and slashes are never encoded by an honest client.
  if (
    /%(?:2[def]|3[0-9]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9aef]|[01][0-9a-f]|25|3f|23|5c)/i.test(
      segment,
    )
  )
    throw malformed("the path encodes a character that must be written plainly");
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new EngineApiError("engine-api/target-malformed", "bad escape in the path", { cause });
  }
}

/** Writes a name into a path: everything encoded but what names are made of. */
export function encodeName(name: string): string {
  return encodeURIComponent(name).replaceAll(/%(?:2F|3A|40)/g, decodeURIComponent);
}

function malformed(message: string): EngineApiError {
  return new EngineApiError("engine-api/target-malformed", message);
}
