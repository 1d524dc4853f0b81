import type { CodedError } from "#domain/kernel";
import { formatScope } from "#domain/oci";
import {
  bearerChallenge,
  HttpError,
  json,
  type Context,
  type HttpErrorCode,
  type Reply,
} from "#faces/http";
import { InvalidUpdate, TrustError, type TrustErrorCode } from "#services/trust";
import { TrustWireError, Unauthorized, type TrustWireErrorCode } from "./errors.ts";

type Line = {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** What stands under `detail`: nothing, an empty object, or the error's own words. */
  readonly detail?: "empty" | "message";
};
type Code = TrustErrorCode | TrustWireErrorCode | HttpErrorCode;

/** Clients read at most 1024 bytes of a 400. */
const maxDetailCharacters = 512;
/** As written: a character may take six bytes. */
const maxDetailBytes = 640;

const lines = {
  "trust/gun-refused": {
    status: 400,
    code: "INVALID_GUN",
    message: "The server does not support actions on images of this name.",
    detail: "message",
  },
  "trust/not-found": {
    status: 404,
    code: "METADATA_NOT_FOUND",
    message: "You have requested metadata that does not exist.",
    detail: "empty",
  },
  "trust-wire/nothing-there": {
    status: 404,
    code: "METADATA_NOT_FOUND",
    message: "You have requested metadata that does not exist.",
  },
  "trust/part-malformed": {
    status: 400,
    code: "MALFORMED_JSON",
    message: "JSON sent by the client could not be parsed by the server",
  },
  "trust/update-invalid": {
    status: 400,
    code: "INVALID_UPDATE",
    message: "Update sent by the client is invalid.",
  },
  "trust/version-conflict": {
    status: 400,
    code: "VERSION",
    message: "A newer version of metadata is already available.",
    detail: "empty",
  },
  "trust/key-lost": { status: 500, code: "UNKNOWN", message: "unknown error", detail: "empty" },
  "trust/master-key-changed": { status: 500, code: "UNKNOWN", message: "unknown error" },
  "trust/clock-behind": {
    status: 503,
    code: "UNAVAILABLE",
    message: "The server signs nothing while its clock is wrong.",
  },
  "trust-wire/upload-malformed": {
    status: 400,
    code: "MALFORMED_UPLOAD",
    message: "The body of your request is malformed.",
  },
  "trust-wire/no-filename": {
    status: 400,
    code: "NO_FILENAME",
    message: "No file/role name provided.",
  },
  "trust-wire/role-invalid": {
    status: 400,
    code: "INVALID_ROLE",
    message: "The role you are attempting to operate on is invalid.",
    detail: "message",
  },
  "trust-wire/parameters-invalid": {
    status: 400,
    code: "INVALID_PARAMETERS",
    message: "The parameters provided are not valid.",
    detail: "message",
  },
  "trust-wire/change-id-invalid": {
    status: 400,
    code: "INVALID_PARAMETERS",
    message: "The parameters provided are not valid.",
    detail: "empty",
  },
  "http/body-too-large": {
    status: 413,
    code: "MALFORMED_UPLOAD",
    message: "The body of your request is too large.",
  },
  "http/body-malformed": {
    status: 400,
    code: "MALFORMED_UPLOAD",
    message: "The body of your request is malformed.",
  },
  "http/address-in-use": { status: 500, code: "UNKNOWN", message: "unknown error" },
} satisfies Record<Code, Line>;

export type Challenge = { readonly realm: string; readonly service: string };

/** The reply to an error, as Notary's clients expect it; undefined for one that is none of ours. */
export function replyTo(error: unknown, context: Context, challenge: Challenge): Reply | undefined {
  if (error instanceof Unauthorized) return unauthorized(error, challenge);
  const isOurs =
    error instanceof TrustError || error instanceof TrustWireError || error instanceof HttpError;
  if (!isOurs) return undefined;
  const line: Line = lines[error.code];
  if (line.status >= 500)
    context.log.error({ event: "trust.failed", err: error }, "trust request failed");
  return errorReply(line, detailOf(error, line));
}

/** The reply to a path that is under `_trust` and names nothing. */
export const nothingThere: Reply = errorReply(lines["trust-wire/nothing-there"], undefined);

function errorReply({ status, code, message }: Line, detail: unknown): Reply {
  return json(status, { errors: [{ code, message, detail }] });
}

function detailOf(error: CodedError, line: Line): unknown {
  if (error instanceof InvalidUpdate) {
    const missing = error.missing === undefined ? {} : { Missing: error.missing };
    return { Name: error.part, Error: { Msg: cut(error.message), ...missing } };
  }
  if (line.detail === "message") return cut(error.message);
  return line.detail === "empty" ? {} : undefined;
}

function unauthorized({ scope, error }: Unauthorized, challenge: Challenge): Reply {
  const detail = [...scope.actions].map((action) => ({
    Type: scope.type,
    Class: "",
    Name: scope.name,
    Action: action,
  }));
  const written = scopeAsAsked(scope);
  return json(
    401,
    { errors: [{ code: "UNAUTHORIZED", message: "authentication required", detail }] },
    {
      "www-authenticate": bearerChallenge({
        ...challenge,
        scope: written,
        ...(error === undefined ? {} : { error }),
      }),
    },
  );
}

/** Notary's server writes `push,pull`, where a registry writes `pull,push`. */
function scopeAsAsked(scope: Unauthorized["scope"]): string {
  return formatScope(scope).replace(/:pull,push$/, ":push,pull");
}

function cut(text: string): string {
  let end = maxDetailCharacters;
  while (Buffer.byteLength(JSON.stringify(text.slice(0, end))) > maxDetailBytes)
    end = Math.floor(end / 2);
  return text.slice(0, end).toWellFormed();
}
