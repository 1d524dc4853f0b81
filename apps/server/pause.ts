import { setTimeout as delay } from "node:timers/promises";
import type { Options } from "#domain/kernel";

/** Waits about `ms`, a fifth more or less, so that processes that began together drift apart; less when the signal fires. */
export async function pauseWithJitter(ms: number, { signal }: Options): Promise<void> {
  const jittered = ms * (0.8 + 0.4 * Math.random());
  try {
    await delay(jittered, undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
