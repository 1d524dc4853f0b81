import type { Invocation } from "../invocation.ts";
import { openCollection } from "../session.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, flags } = invocation;
  const { gun, session } = await openCollection(invocation);
  world.out(`Deleting trust data for repository ${gun}\n`);
  const remote = flags.isSet("remote");
  if (remote) {
    const { withSigner } = await import("../signing.ts");
    await withSigner(session, gun, "*", (signer) => signer.remove(gun, { remote }, session));
  } else await session.directory.local(gun).removeAll(session);
  const where = remote ? "local and remote" : "local";
  world.out(`Successfully deleted ${where} trust data for repository ${gun}\n`);
}
