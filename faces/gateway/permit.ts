import type { HostEscape, Needed } from "#domain/engine-api";
import type { Caller } from "./ports.ts";
import { refuse, type Refusal } from "./refusal.ts";

const rank = { none: 0, "view-only": 1, "restricted-control": 2, "full-control": 3, admin: 4 };

const words: Readonly<Record<Needed, string>> = {
  "view-only": "view-only access",
  "restricted-control": "restricted control",
  "full-control": "full control",
  admin: "a cluster administrator",
};

/** Refuses an operation that the caller's permission does not reach. */
export function permit(caller: Caller, needs: Needed): Refusal | undefined {
  return may(caller, needs)
    ? undefined
    : refuse(
        403,
        `access denied: ${caller.account} has ${held(caller)}, and this needs ${words[needs]}; ask an administrator`,
      );
}

/** Refuses settings that reach the host under the container, for callers who may not do so. */
export function permitEscapes(caller: Caller, escapes: readonly HostEscape[]): Refusal | undefined {
  const beyond = escapes.filter((escape) => !may(caller, escape.needs));
  const [first] = beyond;
  if (first === undefined) return undefined;
  const needs = beyond.find((escape) => escape.needs === "admin")?.needs ?? first.needs;
  const settings = beyond.map((escape) => escape.setting).join(", ");
  return refuse(
    403,
    `access denied: ${settings} reaches the host and needs ${words[needs]}; ${caller.account} has ${held(caller)}. ` +
      "Leave it out, or ask an administrator",
  );
}

/** Whether the caller may do what needs `needs`. */
export function may(caller: Caller, needs: Needed): boolean {
  return caller.isAdmin || rank[caller.permission] >= rank[needs];
}

function held(caller: Caller): string {
  return caller.permission === "none" ? "no access to the gateway" : words[caller.permission];
}
