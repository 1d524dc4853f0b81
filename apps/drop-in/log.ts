import type { World } from "./world.ts";

/** A line on stderr, in the form that the Notary client's have. */
export function logLine(world: World, level: "error" | "warning" | "debug", message: string): void {
  const time = new Date(world.clock()).toISOString().replace(/\.\d+Z$/, "Z");
  world.err(`time="${time}" level=${level} msg=${JSON.stringify(message)}\n`);
}
