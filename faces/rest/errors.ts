import { CodedError } from "#domain/kernel";

export type RestErrorCode =
  | "rest/not-signed-in"
  | "rest/forbidden"
  | "rest/not-found"
  | "rest/foreign-origin"
  | "rest/content-type"
  | "rest/input-invalid";

/** A request that the face itself turns down. */
export class RestError extends CodedError<RestErrorCode> {
  /** The form field that is to blame, where there is one. */
  readonly field: string | undefined;

  constructor(code: RestErrorCode, message: string, field?: string) {
    super(code, message);
    this.field = field;
  }
}

/** What is not there, or is not for the caller to know of: the answer is the same. */
export function notFound(what: string): RestError {
  return new RestError("rest/not-found", what);
}
