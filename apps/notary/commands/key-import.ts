import { SignerError } from "#services/signer";
import { failure, usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { openSession } from "../session.ts";
import { readNamed } from "../named-file.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  if (args.length === 0) throw usage("must specify at least one input file to import keys from");
  const session = await openSession(invocation);
  const role = flags.text("role");
  const gun = flags.text("gun");
  const how = { ...(role === "" ? {} : { role }), ...(gun === "" ? {} : { gun }), opens: true };
  for (const file of args) {
    const pem = (await readNamed(world, file)).toString();
    await session.directory.keys.importPem(pem, how, session).catch((error: unknown) => {
      const isPassphrase = error instanceof SignerError && /passphrase/.test(error.code);
      if (!(error instanceof SignerError) || isPassphrase) throw error;
      throw failure(`failed to import all keys: ${error.message}`, error);
    });
  }
}
