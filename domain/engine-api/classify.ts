import { closedReason } from "./closed.ts";
import { EngineApiError } from "./errors.ts";
import { operations, type Operation } from "./operations.ts";
import { formatQuery, type Query } from "./query.ts";
import { decodeName, encodeName, parseTarget } from "./target.ts";

/** A request whose meaning is settled. */
export type Classified = {
  readonly kind: "operation";
  readonly operation: Operation;
  readonly version: number | undefined;
  /** What stands for `{id}` or `{name}`, decoded; undefined where the path has neither. */
  readonly name: string | undefined;
  readonly query: Query;
};
export type Unclassified = {
  readonly kind: "refused";
  readonly code: EngineApiError["code"];
  /** For the person who asked. */
  readonly reason: string;
};

type Pattern = {
  readonly operation: Operation;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly hasName: boolean;
  readonly nameHasSlashes: boolean;
};

const patterns: readonly Pattern[] = operations
  .map(compile)
  .toSorted((a, b) => Number(a.hasName) - Number(b.hasName));

function compile(operation: Operation): Pattern {
  const segments = operation.path.slice(1).split("/");
  const at = segments.findIndex((segment) => segment.startsWith("{"));
  const hasName = at >= 0;
  return {
    operation,
    before: hasName ? segments.slice(0, at) : segments,
    after: hasName ? segments.slice(at + 1) : [],
    hasName,
    // Names of images and plugins are paths themselves.
    nameHasSlashes: /^\/(?:images|distribution|plugins)\//.test(operation.path),
  };
}

/**
 * Finds out what a request asks of the engine. Fixed parts of the path are compared as written, so an
 * encoded letter matches nothing. What is malformed, of an unknown version, or in no table is refused.
 */
export function classify(method: string, rawTarget: string): Classified | Unclassified {
  try {
    const { version, segments, query } = parseTarget(rawTarget);
    for (const pattern of patterns) {
      if (pattern.operation.method !== method) continue;
      const name = match(pattern, segments);
      if (name === undefined) continue;
      return {
        kind: "operation",
        operation: pattern.operation,
        version,
        name: pattern.hasName ? decodeName(name) : undefined,
        query,
      };
    }
    const closed = closedReason(method, segments);
    if (closed !== undefined)
      return { kind: "refused", code: "engine-api/operation-closed", reason: closed };
    const reason = "this gateway does not know this operation of the Engine API, and refuses it";
    return { kind: "refused", code: "engine-api/operation-unknown", reason };
  } catch (error) {
    if (!(error instanceof EngineApiError)) throw error;
    return { kind: "refused", code: error.code, reason: error.message };
  }
}

function match(pattern: Pattern, segments: readonly string[]): readonly string[] | undefined {
  const { before, after, hasName, nameHasSlashes } = pattern;
  const taken = segments.length - before.length - after.length;
  if (hasName ? taken < 1 || (taken > 1 && !nameHasSlashes) : taken !== 0) return undefined;
  if (before.some((segment, index) => segments[index] !== segment)) return undefined;
  const end = before.length + taken;
  if (after.some((segment, index) => segments[end + index] !== segment)) return undefined;
  return segments.slice(before.length, end);
}

/** Writes a settled request as the target that the engine gets: the canonical form, never the client's bytes. */
export function formatTarget(request: Omit<Classified, "kind">): string {
  const version = request.version === undefined ? "" : `/v1.${request.version}`;
  const name = request.name;
  const path =
    name === undefined
      ? request.operation.path
      : request.operation.path.replace(/\{[a-z]+\}/, () => encodeName(name));
  return `${version}${path}${formatQuery(request.query)}`;
}
