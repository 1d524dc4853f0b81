/** Nobody said anything for too long. */
export class OutOfPatience extends Error {}

export type Patience = {
  /** There was a sign of life. */
  renew(): void;
  end(): void;
};

/** Calls `give up` when `silenceMs` have passed without a sign of life. */
export function createPatience(silenceMs: number, giveUp: (why: OutOfPatience) => void): Patience {
  const timer = setTimeout(() => giveUp(new OutOfPatience("no sign of life")), silenceMs);
  return { renew: () => void timer.refresh(), end: () => clearTimeout(timer) };
}
