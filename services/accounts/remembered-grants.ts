import type { Instant } from "#domain/kernel";
import type { Grant } from "./tokens.ts";

const maxRemembered = 2_000;

/** A token whose signature was found good. */
export type RememberedGrant = {
  /** What it gave when it was made. */
  readonly given: Grant;
  /** As much of that as its account still has, and of which version of all people that was found. */
  still: { readonly grant: Grant; readonly version: number } | undefined;
  readonly fromMs: Instant;
  readonly untilMs: Instant;
};

export type RememberedGrants = {
  /** A token that was checked, while its own time lasts. */
  get(token: string, now: Instant): RememberedGrant | undefined;
  set(token: string, grant: RememberedGrant): void;
};

/** The newest tokens. Whether the account is still active is not remembered. */
export function rememberedGrants(): RememberedGrants {
  const known = new Map<string, RememberedGrant>();
  return {
    get(token, now) {
      const found = known.get(token);
      if (found === undefined) return undefined;
      if (found.fromMs <= now && now < found.untilMs) return found;
      known.delete(token);
      return undefined;
    },
    set(token, grant) {
      const [oldest] = known.keys();
      if (known.size >= maxRemembered && oldest !== undefined) known.delete(oldest);
      known.set(token, grant);
    },
  };
}
