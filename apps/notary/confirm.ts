import type { World } from "#apps/drop-in";

/** Whether the next line of standard input says yes; its end says no. */
export async function consents(world: World): Promise<boolean> {
  const answer = (await world.input.line()) ?? "";
  return ["y", "yes"].includes(answer.trim().toLowerCase());
}
