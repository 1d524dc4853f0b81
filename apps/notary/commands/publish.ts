import type { Invocation } from "../invocation.ts";
import { openCollection } from "../session.ts";
import { withSigner } from "../signing.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world } = invocation;
  const { gun, session } = await openCollection(invocation);
  world.out(`Pushing changes to ${gun}\n`);
  await withSigner(session, gun, "push,pull", (signer) => signer.publish(gun, session));
  world.out(`Successfully published changes for repository ${gun}\n`);
}
