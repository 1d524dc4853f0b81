import { SignerError } from "#services/signer";
import { failure, usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { keyId } from "../key-id.ts";
import { openSession } from "../session.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args } = invocation;
  const [text] = args;
  if (text === undefined || args.length !== 1)
    throw usage("must specify the key ID of the key to change the passphrase of");
  const id = keyId(text);
  const session = await openSession(invocation);
  await session.directory.keys.changePassphrase(id, session).catch((error: unknown) => {
    if (error instanceof SignerError && error.code === "signer/key-unknown")
      throw failure(`could not retrieve local key for key ID provided: ${id}`, error);
    throw error;
  });
  world.out(`\nSuccessfully updated passphrase for key ID: ${id}\n`);
}
