import type { Instant } from "#domain/kernel";
import type { Common } from "./envelope.ts";

const msPerDay = 86_400_000;

/** How long a file is good from the moment it is signed, in milliseconds: as all of Notary's clients have it. */
export const lifetimes = {
  root: 3_650 * msPerDay,
  targets: 1_095 * msPerDay,
  snapshot: 1_095 * msPerDay,
} as const;

/** From then on a root is signed again whenever its key is at hand. */
const nearMs = 183 * msPerDay;

/** The payload as the next version, good for its whole lifetime from `now` on. */
export function nextVersion<Payload extends Common>(
  payload: Payload,
  role: keyof typeof lifetimes,
  now: Instant,
): Payload {
  return { ...payload, version: payload.version + 1, expires: now + lifetimes[role] };
}

/** Whether less than half a year is left of a file, or nothing. */
export function isNearExpiry(file: Common, now: Instant): boolean {
  return file.expires < now + nearMs;
}
