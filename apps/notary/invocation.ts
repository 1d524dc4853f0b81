import type { FlagValues, World } from "#apps/drop-in";

/** One command as it was typed: what is left after its name, and the flags. */
export type Invocation = {
  readonly world: World;
  readonly args: readonly string[];
  readonly flags: FlagValues;
  readonly signal: AbortSignal;
};
