import { consents } from "../confirm.ts";
import { failure, usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { keyId } from "../key-id.ts";
import { openSession } from "../session.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args } = invocation;
  const [text] = args;
  if (text === undefined || args.length !== 1)
    throw usage("must specify the key ID of the key to remove");
  const id = keyId(text);
  const session = await openSession(invocation);
  const { keys } = session.directory;
  const key = (await keys.list(session)).find((held) => held.id === id);
  world.out("\n");
  if (key === undefined) {
    world.out("\n");
    throw failure(`No key with ID ${id} found`);
  }
  const named = `${id} (role ${key.role}) from ${key.location}`;
  world.out(`Are you sure you want to remove ${named}?  (yes/no)  `);
  if (await consents(world)) {
    await keys.remove(id, session);
    world.out(`\nDeleted ${named}.\n\n`);
  } else world.out("\nAborting action.\n\n");
}
