import type { Clock, Instant, Options } from "#domain/kernel";
import type { MetadataStore } from "./ports.ts";

/** How far the clock may be behind the newest date ever signed with: clocks are put right by such steps. */
export const clockToleranceMs = 5 * 60_000;

/**
 * The date to sign with now: never earlier than one signed with before. Undefined while the clock is so far
 * behind that it must be wrong; nothing is signed then.
 */
export async function signingDate(
  parts: { readonly store: Pick<MetadataStore, "signedDates">; readonly clock: Clock },
  o: Options,
): Promise<Instant | undefined> {
  const { newest } = await parts.store.signedDates(o);
  const now = parts.clock();
  return now < newest - clockToleranceMs ? undefined : Math.max(now, newest);
}
