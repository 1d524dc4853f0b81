import { CodedError } from "#domain/kernel";

export type CliErrorCode =
  | "cli/usage"
  | "cli/no-terminal"
  | "cli/not-confirmed"
  | "cli/passwords-differ"
  | "cli/file-unreadable"
  | "cli/file-in-the-way"
  | "cli/file-unwritable"
  | "cli/credentials-malformed"
  /** Nobody is signed in at the server, and the command needs to know who signs. */
  | "cli/not-signed-in"
  /** No private key is held here whose public half the server knows as the signer's. */
  | "cli/no-signing-key"
  /** The owner of the repository has not made this account a signer. */
  | "cli/not-a-signer"
  /** The account has not the right that it takes. */
  | "cli/not-allowed"
  | "cli/image-unknown"
  /** There is no trust data, or none that can be believed. */
  | "cli/trust-unreadable"
  /** The server has no file of a role that one was seen of before: what is on it would be signed away. */
  | "cli/file-lost"
  /** Several things were to be done, and not all were: each has been reported. */
  | "cli/some-failed"
  /** There is no image to push, or none that can be read. */
  | "cli/image-unreadable"
  | "cli/push-refused"
  /** The image is in the registry; its signature is not. */
  | "cli/pushed-unsigned"
  | "cli/interrupted"
  | "cli/key-unknown"
  | "cli/team-unknown"
  | "cli/archive-malformed"
  /** Not every repository could be archived or imported. What could be, is. */
  | "cli/archive-incomplete"
  /** Something in a trust archive does not verify. */
  | "cli/archive-unsound";

/** A command that cannot go on. The message is one sentence for a person; `hint` says what to do. */
export class CliError extends CodedError<CliErrorCode> {
  readonly hint: string | undefined;

  constructor(code: CliErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(code, message, options);
    this.hint = hint;
  }
}
