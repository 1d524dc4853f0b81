import type { JsonValue } from "#domain/json";
import { isList, isObject } from "./json-path.ts";

/** Whether a setting's value leaves the host alone. */
export type Test = (value: JsonValue | undefined) => boolean;

export const isAbsent: Test = (value) => value === undefined || value === null;
export const isFalsy: Test = (value) => isAbsent(value) || value === false;
export const isEmpty: Test = (value) =>
  isFalsy(value) ||
  value === "" ||
  (isList(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);
export const isOneOf =
  (...values: readonly string[]): Test =>
  (value) =>
    isAbsent(value) || (typeof value === "string" && values.includes(value));
