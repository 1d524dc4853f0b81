import { usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { collectionName, openSession } from "../session.ts";
import { withSigner } from "../signing.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args } = invocation;
  const [name] = args;
  if (name === undefined) throw usage("Must specify a GUN");
  const gun = collectionName(name);
  const session = await openSession(invocation);
  world.out(`Pushing changes to ${gun}\n`);
  await withSigner(session, gun, "push,pull", (signer) => signer.publish(gun, session));
  world.out(`Successfully published changes for repository ${gun}\n`);
}
