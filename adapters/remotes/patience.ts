/** Nobody said anything for too long. */
export class OutOfPatience extends Error {}

export type Patience = {
  /** There was a sign of life. */
  renew(): void;
  /** From now on, this long. */
  allow(silenceMs: number): void;
  end(): void;
};

/** Calls `giveUp` when `silenceMs` have passed without a sign of life. */
export function createPatience(silenceMs: number, giveUp: (why: OutOfPatience) => void): Patience {
  const start = (ms: number): NodeJS.Timeout =>
    setTimeout(() => giveUp(new OutOfPatience("no sign of life")), ms);
  let isOver = false;
  let timer = start(silenceMs);
  return {
    renew() {
      if (!isOver) timer.refresh(); // a timer that was cleared would begin again
    },
    allow(ms) {
      clearTimeout(timer);
      if (!isOver) timer = start(ms);
    },
    end() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
