import { withoutSteering } from "#apps/terminal";
import type { World } from "./world.ts";

/** A process whose terminal does nothing but print. Bytes stay as they are: they are no text. */
export function withSafeTerminal(world: World): World {
  return {
    ...world,
    out: (text) => world.out(typeof text === "string" ? withoutSteering(text) : text),
    err: (text) => world.err(withoutSteering(text)),
  };
}
