import { CodedError } from "#domain/kernel";

export type ServerErrorCode = "server/config-invalid" | "server/already-running";

/** Why the server does not start. The message is a sentence for whoever started it. */
export class ServerError extends CodedError<ServerErrorCode> {}
