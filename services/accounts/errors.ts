import { CodedError } from "#domain/kernel";

export type AccountsErrorCode =
  | "accounts/name-taken"
  | "accounts/name-reserved"
  | "accounts/user-unknown"
  | "accounts/organization-unknown"
  | "accounts/team-taken"
  | "accounts/team-unknown"
  | "accounts/last-admin"
  | "accounts/credentials-wrong"
  | "accounts/locked"
  | "accounts/inactive"
  | "accounts/busy"
  | "accounts/key-malformed"
  | "accounts/key-private"
  | "accounts/key-taken"
  | "accounts/key-unproven"
  | "accounts/key-unknown"
  | "accounts/token-invalid"
  | "accounts/service-unknown";

/** What the accounts refuse, or do not know. */
export class AccountsError extends CodedError<AccountsErrorCode> {
  /** For `accounts/locked`: when another attempt will be heard. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: AccountsErrorCode,
    message: string,
    options: ErrorOptions & { readonly retryAfterSeconds?: number } = {},
  ) {
    super(code, message, options);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
