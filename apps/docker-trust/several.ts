import { failure } from "./errors.ts";
import { sentenceOf } from "#apps/drop-in";
import type { World } from "./world.ts";

/** Does the same to several repositories: each is tried, each failure told, and at last which they were. */
export async function toEach(
  world: World,
  repositories: readonly string[],
  act: (repository: string) => Promise<void>,
  failed: string,
): Promise<void> {
  const wrong: string[] = [];
  for (const repository of repositories)
    try {
      await act(repository);
    } catch (error) {
      world.err(`${sentenceOf(error)}\n\n`);
      wrong.push(repository);
    }
  if (wrong.length > 0) throw failure(`${failed}: ${wrong.join(", ")}`);
}
