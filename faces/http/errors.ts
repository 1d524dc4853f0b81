import { CodedError } from "#domain/kernel";

export type HttpErrorCode = "http/body-too-large" | "http/body-malformed" | "http/address-in-use";

/** What goes wrong before a route's own work begins. */
export class HttpError extends CodedError<HttpErrorCode> {}
