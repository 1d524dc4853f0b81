import { JsonError } from "#domain/json";
import { OciError } from "#domain/oci";
import { TufError, isTargetsRole, type TrustReading } from "#domain/tuf";
import { RemoteError } from "#adapters/remotes";
import { SignerError, TrustServerError, type Validation } from "#services/signer";
import { CommandError } from "./errors.ts";
import { codeOf, isSystemError, saying } from "./system-errors.ts";

/** Which collection, and on which server, an error is about. */
export type About = { readonly host: string; readonly gun: string };

/** What stands after `* fatal:`, in the Notary client's words where it has any. A fault of this program is thrown on. */
export function sentenceOf(error: unknown, about?: About): string {
  if (error instanceof CommandError) return error.message;
  if (error instanceof TrustServerError) return serverSentence(error);
  if (error instanceof SignerError) return signerSentence(error, about);
  if (error instanceof RemoteError && error.code === "remotes/tls-invalid")
    return `unable to configure TLS: ${error.message}`;
  if (error instanceof RemoteError || error instanceof TufError || error instanceof JsonError)
    return error.message;
  if (error instanceof OciError) return `invalid name of a collection: ${error.message}`;
  if (isSystemError(error)) return saying(error);
  throw error;
}

/** What a reading that is not verified says. `unavailable` is not its business: that depends on why. */
export function readingSentence(reading: TrustReading, { host, gun }: About): string {
  switch (reading.kind) {
    case "absent":
      return `${host} does not have trust data for ${gun}`;
    case "expired":
      return `${reading.role} expired at ${forPeople(reading.expiredAt)}`;
    case "rolled-back":
      return `version ${reading.offeredVersion} is lower than current version ${reading.seenVersion}`;
    case "tampered":
      return reading.detail;
    case "unavailable":
      return "client is offline";
    case "verified":
      return "";
  }
}

/** `Sat Nov 21 08:02:59 UTC 2026` */
export function forPeople(instant: number): string {
  const [weekday = "", day = "", month = "", year = "", time = ""] = new Date(instant)
    .toUTCString()
    .split(/,? /);
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} UTC ${year}`;
}

const validations: ReadonlyMap<string, string> = new Map([
  ["ErrValidation", "An error occurred during validation: "],
  ["ErrBadHierarchy", "Metadata hierarchy is incomplete: "],
  ["ErrBadRoot", "The root metadata is invalid: "],
  ["ErrBadTargets", "The targets metadata is invalid: "],
  ["ErrBadSnapshot", "The snapshot metadata is invalid: "],
]);

function serverSentence(error: TrustServerError): string {
  switch (error.code) {
    case "trust-server/unreachable":
      return "client is offline";
    case "trust-server/unauthorized":
      return `you are not authorized to perform this operation: server returned ${error.status ?? 401}.`;
    case "trust-server/rejected":
      return rejection(error.validation);
    case "trust-server/conflict":
      return "trust server rejected operation. Somebody else published first; what was staged is still staged: publish again.";
    case "trust-server/absent":
      return "trust data unavailable.  Has a notary repository been initialized?";
    case "trust-server/unexpected":
      return error.status === undefined || error.status === 200
        ? "trust server returned a bad response."
        : `unable to reach trust server at this time: ${error.status}.`;
  }
}

function rejection(validation: Validation | undefined): string {
  const before = validation && validations.get(validation.name);
  return validation === undefined || before === undefined
    ? "trust server rejected operation."
    : before + validation.message;
}

function signerSentence(error: SignerError, about: About | undefined): string {
  switch (error.code) {
    case "signer/passphrase-wrong":
      return "password invalid, operation has failed.";
    case "signer/passphrase-missing":
      return "maximum number of passphrase attempts exceeded";
    case "signer/offline":
      return "client is offline";
    case "signer/repository-unsound":
    case "signer/repository-unknown": {
      const { reading } = error;
      const kind = error.code === "signer/repository-unknown" ? "absent" : undefined;
      if (about === undefined) return error.message;
      if (kind === "absent") return readingSentence({ kind }, about);
      return reading === undefined ? error.message : readingSentence(reading, about);
    }
    case "signer/key-missing":
      // The Notary client looks for these keys before it signs anything, and says so in other words.
      return error.role !== undefined && isTargetsRole(error.role)
        ? `could not find necessary signing keys, at least one of these keys must be available: ${error.keyIds.join(", ")}`
        : error.message;
    case "signer/directory-broken":
      return codeOf(error) === undefined ? error.message : saying(lastCause(error));
    default:
      return error.message;
  }
}

function lastCause(error: Error): Error {
  return error.cause instanceof Error ? lastCause(error.cause) : error;
}
