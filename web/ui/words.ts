import type { Policy } from "#contracts";
import type { Tone } from "./mark.tsx";

type Word = { readonly tone: Tone; readonly text: string };

/** The modes of the rule. */
export const modeWords = {
  enforce: "enforcing",
  warn: "warning only",
  off: "off",
} as const satisfies Record<Policy["mode"], string>;

const trust = new Map<string, Word>([
  ["verified", { tone: "good", text: "verified" }],
  ["absent", { tone: "none", text: "none yet: nobody has signed here" }],
  ["no-trust-data", { tone: "none", text: "none yet: nobody has signed here" }],
  ["expired", { tone: "warn", text: "expired: a signer has to publish again" }],
  ["rolled-back", { tone: "bad", text: "older than what was seen before" }],
  ["tampered", { tone: "bad", text: "does not check out: somebody may have changed it" }],
  ["unavailable", { tone: "warn", text: "could not be read just now" }],
]);

const roles = new Map<string, Word>([
  ["valid", { tone: "good", text: "valid" }],
  ["expired", { tone: "warn", text: "expired" }],
  ["tampered", { tone: "bad", text: "does not check out" }],
  ["unpublished", { tone: "none", text: "nothing published yet" }],
  ["missing", { tone: "none", text: "nothing published yet" }],
]);

/** How a repository's trust data stands, in words; one that is not known here is shown as it is. */
export function trustState(state: string): Word {
  return trust.get(state) ?? { tone: "plain", text: state };
}

/** How one role's file stands. */
export function roleState(state: string): Word {
  return roles.get(state) ?? { tone: "plain", text: state };
}
