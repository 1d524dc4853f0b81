import type { JsonObject, JsonValue } from "#domain/json";
import type { Validation } from "#services/signer";
import { jsonObject, objectOf, textOf } from "./json.ts";

/** Why a trust server did not take an update. */
export type Rejection = {
  readonly isConflict: boolean;
  readonly validation: Validation | undefined;
};

/** More than Notary's own client reads of such an answer, which is 1,024 bytes. */
export const maxRejectionBytes = 65_536;
const maxMessageCharacters = 4_096;
const rules: ReadonlySet<string> = new Set([
  "ErrValidation",
  "ErrBadHierarchy",
  "ErrBadRoot",
  "ErrBadTargets",
  "ErrBadSnapshot",
]);

/** Reads the body of a 400 (Notary's error envelope). As its clients do, believes only one error of a name that is known. */
export function readRejection(body: Uint8Array): Rejection {
  const [error, ...others] = errorsIn(body);
  if (error === undefined || others.length > 0) return { isConflict: false, validation: undefined };
  return {
    isConflict: error["code"] === "VERSION",
    validation: error["code"] === "INVALID_UPDATE" ? validationIn(error["detail"]) : undefined,
  };
}

function errorsIn(body: Uint8Array): readonly JsonObject[] {
  const errors = jsonObject(body, maxRejectionBytes)?.["errors"];
  return Array.isArray(errors) ? errors.map((error: JsonValue) => objectOf(error) ?? {}) : [];
}

function validationIn(detail: JsonValue | undefined): Validation | undefined {
  const read = objectOf(detail);
  const name = textOf(read?.["Name"]);
  const message = textOf(objectOf(read?.["Error"])?.["Msg"]);
  if (name === undefined || !rules.has(name) || message === undefined) return undefined;
  return { name, message: printable(message) };
}

/** What is meant for a terminal must not steer it. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what is taken out
  return text.slice(0, maxMessageCharacters).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}
