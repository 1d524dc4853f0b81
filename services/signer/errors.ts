import { CodedError } from "#domain/kernel";
import type { RoleName, TrustReading } from "#domain/tuf";

export type SignerErrorCode =
  /** No passphrase opened the key, or none was given. */
  | "signer/passphrase-wrong"
  /** No passphrase for a new key was given, or it was never repeated alike. */
  | "signer/passphrase-missing"
  /** A key file that nobody here can read. */
  | "signer/key-unreadable"
  /** A key of a kind that cannot sign trust data, or one that does not belong where it is named. */
  | "signer/key-unsuitable"
  /** None of the keys that could sign a role is held here. */
  | "signer/key-missing"
  /** A key that is asked for by its id is not held here. */
  | "signer/key-unknown"
  /** A staged change that makes no sense: an unknown role, a path outside the role's. Still staged. */
  | "signer/change-refused"
  /** A staged change, a cached file or the folder itself cannot be read or written. */
  | "signer/directory-broken"
  /** Another program is writing in the same trust directory. */
  | "signer/directory-busy"
  /** The server's trust data cannot be believed: nothing is built on it. `reading` says why. */
  | "signer/repository-unsound"
  /** The server has trust data for the repository already: it cannot be initialised once more. */
  | "signer/repository-exists"
  /** There is no trust data for the repository, here or on the server. */
  | "signer/repository-unknown"
  /** The server cannot be reached, and the operation needs it. */
  | "signer/offline"
  /** A backup of keys that is damaged, cut off, or none. */
  | "signer/backup-unreadable"
  /** A backup of keys that a later version made. */
  | "signer/backup-version"
  /** The passphrase does not open the backup. */
  | "signer/backup-locked"
  /** A hardware token or its module cannot be used, or is gone. */
  | "signer/token-unusable"
  /** The token does not take the PIN: nothing is tried again, for a token counts. */
  | "signer/pin-wrong";

/** Something the signing side cannot do. Nothing was published. */
export class SignerError extends CodedError<SignerErrorCode> {
  /** What the server's trust data is, for `signer/repository-unsound` and `signer/offline`. */
  readonly reading: TrustReading | undefined;
  /**
   * For `signer/key-missing`: the role that cannot be signed. For `signer/change-refused`: a role whose file was
   * seen here before, and that the server has none of.
   */
  readonly role: RoleName | undefined;
  /** For `signer/key-missing`: canonical ids of the keys that could sign for it. */
  readonly keyIds: readonly string[];

  constructor(
    code: SignerErrorCode,
    message: string,
    options: ErrorOptions & {
      readonly reading?: TrustReading;
      readonly role?: RoleName;
      readonly keyIds?: readonly string[];
    } = {},
  ) {
    super(code, message, options);
    this.reading = options.reading;
    this.role = options.role;
    this.keyIds = options.keyIds ?? [];
  }
}

export type TrustServerErrorCode =
  | "trust-server/unreachable"
  | "trust-server/unauthorized"
  /** The update breaks a rule of the server; `validation` says which where the server said so. */
  | "trust-server/rejected"
  /** Somebody else published first. */
  | "trust-server/conflict"
  /** It has nothing of that name, or does not speak Notary. */
  | "trust-server/absent"
  | "trust-server/unexpected";

/** What a trust server answered to something that was to be changed. */
export class TrustServerError extends CodedError<TrustServerErrorCode> {
  /** HTTP; undefined where there was no answer. */
  readonly status: number | undefined;
  /** The rule that the update breaks: `ErrBadTargets` and its text, say. */
  readonly validation: Validation | undefined;

  constructor(
    code: TrustServerErrorCode,
    message: string,
    options: ErrorOptions & { readonly status?: number; readonly validation?: Validation } = {},
  ) {
    super(code, message, options);
    this.status = options.status;
    this.validation = options.validation;
  }
}

export type Validation = { readonly name: string; readonly message: string };

/** A change that cannot be made: `signer/change-refused`. */
export function refused(message: string): SignerError {
  return new SignerError("signer/change-refused", message);
}
