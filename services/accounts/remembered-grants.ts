import type { Instant } from "#domain/kernel";
import type { Grant } from "./tokens.ts";

const maxRemembered = 2_000;

export type RememberedGrants = {
  /** What a token gave when it was checked, while its own time lasts. */
  get(token: string, now: Instant): Grant | undefined;
  set(
    token: string,
    grant: Grant,
    lasts: { readonly fromMs: Instant; readonly untilMs: Instant },
  ): void;
};

/** Tokens whose signature was found good, the newest ones. Whether the account is still active is not remembered. */
export function rememberedGrants(): RememberedGrants {
  const known = new Map<string, { grant: Grant; fromMs: Instant; untilMs: Instant }>();
  return {
    get(token, now) {
      const found = known.get(token);
      if (found === undefined) return undefined;
      if (found.fromMs <= now && now < found.untilMs) return found.grant;
      known.delete(token);
      return undefined;
    },
    set(token, grant, lasts) {
      const [oldest] = known.keys();
      if (known.size >= maxRemembered && oldest !== undefined) known.delete(oldest);
      known.set(token, { grant, ...lasts });
    },
  };
}
