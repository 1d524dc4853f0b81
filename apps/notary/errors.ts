import { CommandError } from "#apps/drop-in";

export type NotaryErrorCode =
  /** The command was not understood: its usage is shown before the message. */
  "notary/usage" | "notary/failed";

/** A command that cannot go on. The message is what stands after `* fatal:`. */
export class NotaryError extends CommandError<NotaryErrorCode> {}

export function failure(message: string, cause?: unknown): NotaryError {
  return new NotaryError("notary/failed", message, { cause });
}

export function usage(message: string): NotaryError {
  return new NotaryError("notary/usage", message);
}
