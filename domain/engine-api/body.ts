import { JsonError, readJson, type JsonObject, type JsonValue } from "#domain/json";
import { EngineApiError } from "./errors.ts";
import * as shapes from "./shapes.ts";
import { isObject, objectOf } from "./json-path.ts";
import { checkSpelling } from "./spelling.ts";
import type { Shape } from "./shapes.ts";

export type BodyKind =
  | "container-create"
  | "container-update"
  | "service-spec"
  | "exec-create"
  | "volume-create"
  | "network-create"
  /** One in which nothing is judged: what the engine reads is what we wrote all the same. */
  | "other";

/** A body in which every member that matters has its one spelling. */
export type EngineBody = {
  readonly kind: BodyKind;
  readonly value: JsonObject;
  /** Paths of members that no version we know has: what they do, nobody here can say. */
  readonly unknownMembers: readonly string[];
};

/** Bytes of the largest body that is read: a service with all its labels and environment fits. */
export const maxBodyBytes = 1_048_576;

/** Bytes of the largest body of this kind: secrets and configs, encoded, are larger than the rest. */
export function maxBodyBytesOf(kind: BodyKind): number {
  return kind === "other" ? 2 * maxBodyBytes : maxBodyBytes;
}

const shapeOf: Readonly<Record<Exclude<BodyKind, "other">, Shape>> = {
  "container-create": shapes.containerCreate,
  "container-update": shapes.containerUpdate,
  "service-spec": shapes.serviceSpec,
  "exec-create": shapes.execCreate,
  "volume-create": shapes.volumeCreate,
  "network-create": shapes.networkCreate,
};

/**
 * Whether the engine would read a body of this type as form fields, which beat the query. `multipart`
 * counts as well. Refuse such a request, whatever its operation.
 */
export function isFormContentType(contentType: string | undefined): boolean {
  return contentType !== undefined && /form/i.test(contentType);
}

/**
 * Reads a body that can start something. Throws `engine-api/content-type`, `engine-api/body-malformed`
 * or `engine-api/key-spelling`.
 */
export function readEngineBody(
  kind: BodyKind,
  contentType: string | undefined,
  bytes: Uint8Array,
): EngineBody {
  if (!/^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(contentType ?? ""))
    throw new EngineApiError("engine-api/content-type", "the body must be application/json");
  const parsed = parse(bytes, maxBodyBytesOf(kind));
  if (!isObject(parsed)) throw malformed("the body must be a JSON object");
  const unknownMembers = kind === "other" ? [] : checkSpelling(parsed, shapeOf[kind]);
  const value = kind === "container-create" ? withoutMisplaced(parsed) : parsed;
  return { kind, value, unknownMembers };
}

/** The specification of a service as the engine keeps it; what it keeps, it has read already. */
export function storedServiceSpec(value: JsonObject): EngineBody {
  return { kind: "service-spec", value, unknownMembers: [] };
}

/** Writes a body as the engine gets it: our own bytes, never the client's. */
export function writeEngineBody(body: EngineBody): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(body.value));
}

function parse(bytes: Uint8Array, maxBytes: number): JsonValue {
  try {
    return readJson(bytes, { maxBytes, exactNumbers: true });
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new EngineApiError("engine-api/body-malformed", `the body: ${cause.message}`, { cause });
  }
}

/** Engines before 23 read members of HostConfig at the top level too, and use them where HostConfig is absent. */
function withoutMisplaced(value: JsonObject): JsonObject {
  const kept: [string, JsonValue][] = [];
  const { containerCreate, hostConfig } = shapes;
  // Compared folded, so that a misspelling does not slip through either.
  const misplaced = new Map(
    [...hostConfig.members, "Cpuset"]
      .filter((name) => !containerCreate.members.has(name))
      .map((name) => [name.toUpperCase().toLowerCase(), name]),
  );
  for (const [name, member] of Object.entries(value)) {
    const known = misplaced.get(name.toUpperCase().toLowerCase());
    if (known === undefined) kept.push([name, member]);
    else if (member !== null)
      throw malformed(`${known} stands outside HostConfig, where engines differ about it`);
  }
  return objectOf(kept);
}

function malformed(message: string): EngineApiError {
  return new EngineApiError("engine-api/body-malformed", message);
}
