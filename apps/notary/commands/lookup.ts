import { findTarget } from "#domain/tuf";
import { failure, usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { readCollection } from "../collection.ts";
import { collectionName, openSession } from "../session.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args } = invocation;
  const [name, target] = args;
  if (name === undefined || target === undefined) throw usage("Must specify a GUN and target");
  const gun = collectionName(name);
  const session = await openSession(invocation);
  const found = findTarget(await readCollection(session, gun), target);
  if (found === undefined) throw failure(`No valid trust data for ${target}`);
  const { sha256 = "", length } = found.target;
  world.out(`${target} sha256:${sha256} ${length}\n`);
}
