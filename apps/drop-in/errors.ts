import { CodedError } from "#domain/kernel";

/** A command that cannot go on. The message is what its user reads; each command has its own codes. */
export abstract class CommandError<Code extends string = string> extends CodedError<Code> {}

/** A flag that is not known, or that was given no value it takes. */
export class FlagError extends CommandError<"drop-in/flag-invalid"> {
  constructor(message: string) {
    super("drop-in/flag-invalid", message);
  }
}
