import { CodedError } from "#domain/kernel";

export type ServerErrorCode =
  | "server/config-invalid"
  | "server/already-running"
  | "server/master-key-busy"
  | "server/worker-failed";

/** Why the server does not start. The message is a sentence for whoever started it. */
export class ServerError extends CodedError<ServerErrorCode> {}
