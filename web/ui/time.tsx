import { useSyncExternalStore, type ReactNode } from "react";
import { exactTime, relativeTime } from "./relative-time.ts";

const tickMs = 20_000;

/** One clock for every time on the page. */
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  now = Date.now();
  for (const changed of listeners) changed();
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  if (timer === undefined) {
    now = Date.now();
    timer = setInterval(tick, tickMs);
  }
  return () => {
    listeners.delete(changed);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The present, moving on every twenty seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** When something was or will be: relative, with the exact time on hover. */
export function Time({ at }: { at: number }): ReactNode {
  const current = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {relativeTime(at, current)}
    </time>
  );
}
