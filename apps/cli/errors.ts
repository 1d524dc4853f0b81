import { CodedError } from "#domain/kernel";

export type CliErrorCode =
  | "cli/usage"
  | "cli/no-terminal"
  | "cli/not-confirmed"
  | "cli/passwords-differ"
  | "cli/file-unreadable"
  | "cli/file-in-the-way"
  | "cli/credentials-malformed"
  | "cli/key-unknown"
  | "cli/team-unknown"
  | "cli/archive-malformed";

/** A command that cannot go on. The message is one sentence for a person; `hint` says what to do. */
export class CliError extends CodedError<CliErrorCode> {
  readonly hint: string | undefined;

  constructor(code: CliErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(code, message, options);
    this.hint = hint;
  }
}
