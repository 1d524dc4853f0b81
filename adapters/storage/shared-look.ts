/** A value that is looked up each time, or once for all who asked in one turn of the event loop. */
export type SharedLook = {
  /** Never older than the call, but for the turn that `together` gives. */
  readonly value: () => number;
  /**
   * Returns once whatever had reached this process with the caller has been read, and the value has been looked
   * up after that. What the caller does from then on without waiting for anything outside finds it looked up.
   */
  readonly together: () => Promise<void>;
};

/**
 * Why the value may be shared. A turn of the event loop first reads from all sockets and pipes that have
 * something, then runs immediates. `together` looks in an immediate: after everything of this turn was read,
 * so whoever heard of a change before it asked, heard of it before the look. The look is good until the next
 * immediate, set along with it: between the two run only promises and ticks, nothing is read, and so nobody
 * can ask who has heard of anything newer. Outside of that, every `value()` is a look of its own.
 */
export function sharedLook(look: () => number): SharedLook {
  let waiting: Promise<void> | undefined;
  let found: number | undefined;

  function lookForAll(): void {
    waiting = undefined;
    try {
      found = look();
    } catch {
      found = undefined; // whoever asks looks for himself, and hears what is wrong
    }
  }

  return {
    value: () => found ?? look(),
    together() {
      waiting ??= new Promise<void>((resolve) => {
        setImmediate(() => {
          lookForAll();
          resolve();
        });
        setImmediate(() => {
          found = undefined;
        });
      });
      return waiting;
    },
  };
}
