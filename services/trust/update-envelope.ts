import { JsonError, readJson, type JsonObject, type JsonValue } from "#domain/json";
import { tryTime } from "#domain/tuf";

const limits = { maxBytes: 33_554_432, maxDepth: 32, wholeNumbers: true };
const largestVersion = 2 ** 63;

/**
 * Whether a part has the outer form of a metadata file: JSON whose `signed` and `signatures` are of the right
 * kind, be they ever so empty. Notary's server calls what is not that malformed, before it looks at any rule;
 * what is that, and still wrong, breaks a rule of its role.
 */
export function isEnvelope(bytes: Uint8Array): boolean {
  const file = tryJson(bytes);
  if (file === undefined) return false;
  if (file === null) return true;
  if (!isObject(file)) return false;
  return isSigned(file["signed"]) && isSignatures(file["signatures"]);
}

function tryJson(bytes: Uint8Array): JsonValue | undefined {
  try {
    return readJson(bytes, limits);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

function isSigned(value: JsonValue | undefined): boolean {
  if (isNothing(value)) return true;
  if (!isObject(value)) return false;
  const { _type: type, version, expires } = value;
  return (
    isTextOrNothing(type) &&
    (isNothing(version) ||
      (Number.isInteger(version) && Math.abs(Number(version)) < largestVersion)) &&
    (isNothing(expires) || (typeof expires === "string" && tryTime(expires) !== undefined))
  );
}

function isSignatures(value: JsonValue | undefined): boolean {
  if (isNothing(value)) return true;
  return (
    Array.isArray(value) &&
    (value as readonly JsonValue[]).every((signature) => {
      if (signature === null) return true;
      if (!isObject(signature)) return false;
      const { keyid, method, sig } = signature;
      return isTextOrNothing(keyid) && isTextOrNothing(method) && isBase64OrNothing(sig);
    })
  );
}

function isBase64OrNothing(value: JsonValue | undefined): boolean {
  if (isNothing(value)) return true;
  return typeof value === "string" && Buffer.from(value, "base64").toString("base64") === value;
}

function isTextOrNothing(value: JsonValue | undefined): boolean {
  return isNothing(value) || typeof value === "string";
}

function isNothing(value: JsonValue | undefined): value is null | undefined {
  return value === undefined || value === null;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
