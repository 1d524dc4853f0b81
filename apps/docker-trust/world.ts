import type { FlagValues, World } from "#apps/drop-in";

export type { World };

/** One command as it was typed: what is left after its name, the flags, and docker's own flags before them. */
export type Invocation = {
  readonly world: World;
  readonly args: readonly string[];
  readonly flags: FlagValues;
  readonly globals: FlagValues;
  readonly signal: AbortSignal;
};
