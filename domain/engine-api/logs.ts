import type { JsonValue } from "#domain/json";
import { isAbsent, isEmpty, isOneOf } from "./harmless.ts";
import { isObject } from "./json-path.ts";

const KEPT_BY_THE_ENGINE = ["json-file", "local", "journald", "none"] as const;
const namesNoPlace: ReadonlySet<string> = new Set([
  ...["max-size", "max-file", "compress", "mode", "max-buffer-size"],
  ...["labels", "labels-regex", "env", "env-regex", "tag"],
]);

/**
 * The engine itself, outside of every container, connects to where a log driver is told to, sockets of
 * the host included. Without a driver's name the options are for the engine's default one.
 */
export function isHarmlessLog(
  driver: JsonValue | undefined,
  options: JsonValue | undefined,
): boolean {
  if (!isAbsent(driver) && driver !== "") return isOneOf(...KEPT_BY_THE_ENGINE)(driver);
  if (isEmpty(options)) return true;
  return isObject(options) && Object.keys(options).every((name) => namesNoPlace.has(name));
}
