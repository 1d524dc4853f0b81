import type { Gun } from "#domain/oci";
import type { TrustReading } from "#domain/tuf";
import { isUnreachable } from "#adapters/remotes";
import { readingSentence, sentenceOf, unreachableWords } from "#apps/drop-in";
import { DockerTrustError } from "./errors.ts";

export type About = {
  readonly gun: Gun;
  /** Host and port of the trust server. */
  readonly host: string;
};

/** What is wrong with trust data or its server: briefly, for sentences that say the rest, and in full. */
export class TrustFault extends DockerTrustError {
  readonly inFull: string;

  constructor(message: string, inFull: string, options?: ErrorOptions) {
    super("docker-trust/failed", message, options);
    this.inFull = inFull;
  }
}

/** Says an error that stands alone as docker does: with what it means for the repository. */
export function inFull(error: unknown): unknown {
  return error instanceof TrustFault
    ? new DockerTrustError("docker-trust/failed", error.inFull, { cause: error })
    : error;
}

/** What a reading that is not verified means; `fault` is why, where the server could not be asked. */
export function readingFault(reading: TrustReading, about: About, fault: unknown): Error {
  if (reading.kind === "unavailable" && fault !== undefined) return faultOf(fault, about, fault);
  const message = readingSentence(reading, about);
  return new TrustFault(message, `${beforeReading(reading, about)}${message}`);
}

/** An error of reading, signing or publishing as docker says it. A fault of this program is thrown on. */
export function faultOf(error: unknown, about: About, fault: unknown): Error {
  if (error instanceof DockerTrustError) return error;
  const code = codeOf(error);
  const isOffline = code === "signer/offline" || isUnreachable(error);
  const shown = isOffline && fault !== undefined ? fault : error;
  if (isOffline) {
    const message = isUnreachable(shown) ? unreachableWords(shown) : sentenceOf(shown, about);
    const inFull = `Error: error contacting notary server: ${message}`;
    return new TrustFault(message, inFull, { cause: error });
  }
  const message = sentenceOf(shown, about);
  return new TrustFault(message, `${beforeError(error, code, about)}${message}`, { cause: error });
}

function beforeReading(reading: TrustReading, { gun }: About): string {
  switch (reading.kind) {
    case "expired":
      return `Error: remote repository ${gun} out-of-date: `;
    case "rolled-back":
      return `Warning: potential malicious behavior - trust data version is lower than expected for remote repository ${gun}: `;
    case "tampered":
      return `Warning: potential malicious behavior - trust data mismatch for remote repository ${gun}: `;
    case "absent":
      return `Error: remote trust data does not exist for ${gun}: `;
    case "unavailable":
    case "verified":
      return "";
  }
}

function beforeError(error: unknown, code: unknown, about: About): string {
  const { gun } = about;
  if (code === "trust-server/absent")
    return `Error: trust data missing for remote repository ${gun} or remote repository not found: `;
  if (code === "signer/key-missing" || code === "signer/passphrase-wrong")
    return `Error: could not find signing keys for remote repository ${gun}, or could not decrypt signing key: `;
  const reading: unknown = error instanceof Error ? Reflect.get(error, "reading") : undefined;
  return code === "signer/repository-unsound" && reading !== undefined
    ? beforeReading(reading as TrustReading, about)
    : "";
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? Reflect.get(error, "code") : undefined;
}
