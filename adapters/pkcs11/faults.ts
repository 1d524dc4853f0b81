import { SignerError } from "#services/signer";
import { answer } from "./binding.ts";

/** The number that a module answered with; undefined for any other error. */
export function answerOf(error: unknown): number | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "number"
    ? error.code
    : undefined;
}

/** What a person is told of a module's answer. */
export function tokenFault(label: string, cause: unknown): SignerError {
  if (cause instanceof SignerError) return cause;
  const code = answerOf(cause);
  const words = sentences.get(code ?? -1);
  if (code !== undefined && pinAnswers.has(code))
    return new SignerError("signer/pin-wrong", `the token ${label} ${words ?? ""}`, { cause });
  const name = cause instanceof Error ? /CKR_[A-Z_]+/.exec(cause.message)?.[0] : undefined;
  const detail = words ?? `answers ${name ?? "with an error that is not known"}`;
  return new SignerError("signer/token-unusable", `the token ${label} ${detail}`, { cause });
}

const pinAnswers: ReadonlySet<number> = new Set([
  answer.pinIncorrect,
  answer.pinInvalid,
  answer.pinLength,
  answer.pinExpired,
  answer.pinLocked,
]);

const wrong = "does not take this PIN";
const gone = "was removed, or does not answer any more";
const sentences: ReadonlyMap<number, string> = new Map([
  [answer.pinIncorrect, wrong],
  [answer.pinInvalid, wrong],
  [answer.pinLength, wrong],
  [answer.pinExpired, "wants a new PIN: set one with its own tool"],
  [answer.pinLocked, "is locked after too many wrong PINs: unlock it with its own tool"],
  [answer.deviceError, gone],
  [answer.deviceRemoved, gone],
  [answer.sessionClosed, gone],
  [answer.sessionInvalid, gone],
  [answer.tokenNotPresent, gone],
  [answer.tokenNotRecognized, gone],
  [answer.tokenReadOnly, "cannot be written to"],
  [answer.notLoggedIn, gone],
]);
