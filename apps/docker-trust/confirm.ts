import type { World } from "./world.ts";

/** Asks a question with yes or no: only `y` is a yes, and the end of input a no. */
export async function consents(world: World, question: string): Promise<boolean> {
  world.out(`${question} [y/N] `);
  const answer = (await world.input.line()) ?? "";
  return answer.trim().toLowerCase() === "y";
}
