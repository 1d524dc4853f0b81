import { Decision, decisionEventsPath } from "#contracts";
import { useEffect, useState } from "react";
import { api } from "../../data/client.ts";

/** As many as are kept while nobody looks. */
const maxKept = 200;

/**
 * Decisions made since the page was opened, newest first. After a broken connection the newest page is asked for
 * once, so that none is missed in between.
 */
export function useLiveDecisions(): readonly Decision[] {
  const [made, setMade] = useState<readonly Decision[]>([]);
  useEffect(() => {
    const opened = new AbortController();
    const since = Date.now();
    let broken = false;
    const add = (decisions: readonly Decision[]): void =>
      setMade((known) => merged(decisions, known));
    const events = new EventSource(decisionEventsPath);
    events.addEventListener("message", (event: MessageEvent<string>) => {
      const decision = tryDecision(event.data);
      if (decision !== undefined) add([decision]);
    });
    events.addEventListener("error", () => {
      broken = true;
    });
    events.addEventListener("open", () => {
      if (!broken) return;
      broken = false;
      void api("listDecisions", { query: { limit: 50 } }, { signal: opened.signal }).then(
        ({ decisions }) => add(decisions.filter((decision) => decision.at >= since)),
        () => {
          broken = true; // asked again when the connection next opens
        },
      );
    });
    return () => {
      opened.abort();
      events.close();
    };
  }, []);
  return made;
}

function merged(incoming: readonly Decision[], known: readonly Decision[]): readonly Decision[] {
  const ids = new Set(known.map((decision) => decision.id));
  const fresh = incoming.filter((decision) => !ids.has(decision.id));
  return [...fresh, ...known].toSorted((a, b) => b.at - a.at).slice(0, maxKept);
}

function tryDecision(text: string): Decision | undefined {
  try {
    return Decision.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // a comment or a newer server's event: the list itself stays right
  }
}
