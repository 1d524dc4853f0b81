import { CodedError } from "#domain/kernel";

export type JsonErrorCode =
  "json/malformed" | "json/duplicate-key" | "json/too-deep" | "json/too-large";

/** Text from outside that is not the JSON we accept. The message says where, never what. */
export class JsonError extends CodedError<JsonErrorCode> {}
