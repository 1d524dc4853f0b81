import type { Decision } from "#contracts";
import type { Tone } from "./mark.tsx";

type Effect = Decision["effect"];

/** What a gate did, in one word and a mark. */
export const effects = {
  refuse: { tone: "bad", word: "refused", filter: "Refused" },
  run: { tone: "good", word: "approved", filter: "Approved" },
  "as-written": { tone: "warn", word: "let through", filter: "Let through" },
} as const satisfies Record<Effect, { tone: Tone; word: string; filter: string }>;

/** Reads the filter of the address; anything else means all. */
export function tryEffect(text: string | null): Effect | undefined {
  return text !== null && Object.hasOwn(effects, text) ? (text as Effect) : undefined;
}

/** Where a decision was asked for. */
export const gates = {
  "docker-api": "Docker API",
  "engine-plugin": "engine plugin on the node",
  "runtime-guard": "runtime guard on the node",
  cli: "command line",
  web: "this page",
} as const satisfies Record<Decision["gate"], string>;
