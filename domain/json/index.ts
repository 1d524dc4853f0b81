/** Strict reading of JSON from outside: what we judge is what any other reader would read. Pure. */
export { JsonError, type JsonErrorCode } from "./errors.ts";
export { readJson, type JsonLimits, type JsonObject, type JsonValue } from "./read-json.ts";
