import type { StoredDecision } from "./decision.ts";
import type { DecisionStore } from "./ports.ts";
import type { Options } from "#domain/kernel";

type Listener = (decision: StoredDecision) => void;

export type FollowedDecisions = {
  /** Calls `listener` with each decision kept from now on, whichever process keeps it: once, in order. */
  subscribe(listener: Listener, o: Options): Promise<() => void>;
  /** Looks now rather than soon: for who has just kept one. */
  look(): void;
};

const everyMs = 250;
const batchSize = 100;

/** Reads on in the store while somebody listens: it is what all processes have in common. */
export function followDecisions(store: Pick<DecisionStore, "newest" | "after">): FollowedDecisions {
  const listeners = new Set<{ readonly listener: Listener; heard: number }>();
  const o = { signal: new AbortController().signal };
  let timer: NodeJS.Timeout | undefined;
  let isLooking = false;
  let isAskedAgain = false;

  async function readOn(): Promise<void> {
    for (let isMore = true; isMore && listeners.size > 0;) {
      const after = Math.min(...[...listeners].map(({ heard }) => heard));
      const batch = await store.after(after, batchSize, o);
      for (const decision of batch) tell(decision);
      isMore = batch.length === batchSize;
    }
  }

  function tell(decision: StoredDecision): void {
    const id = Number(decision.id);
    for (const each of listeners) {
      if (each.heard >= id) continue;
      each.heard = id;
      each.listener(decision);
    }
  }

  function look(): void {
    isAskedAgain = isLooking;
    if (isLooking || listeners.size === 0) return;
    isLooking = true;
    void readOn()
      .catch(() => undefined) // the store's fault is told to who asks it; here the next look reads on
      .finally(() => {
        isLooking = false;
        if (isAskedAgain) look();
      });
  }

  return {
    look,
    async subscribe(listener, given) {
      const each = { listener, heard: await store.newest(given) };
      listeners.add(each);
      timer ??= setInterval(look, everyMs).unref();
      look(); // what was kept while we asked
      return () => {
        listeners.delete(each);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}
