import { resolve } from "node:path";
import { writeFileAtomically } from "#adapters/io";
import { SignerError } from "#services/signer";
import { failure, usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { openSession } from "../session.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  if (args.length > 1)
    throw usage("Please provide only one Algorithm as an argument to generate (rsa, ecdsa)");
  const algorithm = args[0] ?? "ecdsa";
  if (algorithm.toLowerCase() !== "ecdsa")
    throw failure("Algorithm not allowed, possible values are: ECDSA");
  const role = flags.text("role") || "root";
  const session = await openSession(invocation);
  const base = flags.text("output");
  if (base !== "") {
    const made = await session.directory.keys.generatePem({ role }, session);
    const path = (end: string): string => resolve(world.workingDirectory, `${base}${end}.pem`);
    await writeFileAtomically(path("-key"), made.privatePem, { ...session, mode: 0o600 });
    await writeFileAtomically(path(""), made.publicPem, { ...session, mode: 0o600 });
    return;
  }
  const key = await session.directory.keys.generate({ role }, session).catch((error: unknown) => {
    if (error instanceof SignerError && error.code === "signer/passphrase-missing")
      throw failure(
        `Failed to create a new ${role} key: maximum number of passphrase attempts exceeded`,
        error,
      );
    throw error;
  });
  world.out(`Generated new ecdsa ${role} key with keyID: ${key.id}\n`);
}
