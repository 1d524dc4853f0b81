import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { SignerError } from "#services/signer";
import { saying, sentenceOf } from "#apps/drop-in";
import { failure } from "../errors.ts";
import { openSession } from "../session.ts";
import { requireName } from "../signer-name.ts";
import type { Invocation, World } from "../world.ts";

const others = 0o077;

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  const [file = ""] = args;
  const name = flags.text("name") || "signer";
  requireName(name, "key");
  world.out(`Loading key from "${file}"...\n`);
  const pem = await privateFile(world, file);
  const session = openSession(invocation);
  try {
    await session.directory.keys.importPem(pem, { role: name, opens: true }, session);
  } catch (error) {
    if (!(error instanceof SignerError)) throw error;
    throw failure(`error importing key from ${file}: ${why(error, file)}`, error);
  }
  world.out(`Successfully imported key from ${file}\n`);
}

/** Reads a file that nobody else may. Throws `docker-trust/failed`. */
async function privateFile(world: World, file: string): Promise<string> {
  const path = resolve(world.workingDirectory, file);
  try {
    const { mode } = await stat(path);
    if ((mode & others) !== 0)
      throw failure(`private key file ${file} must not be readable or writable by others`);
    return await readFile(path, "utf8");
  } catch (error) {
    throw failure(`refusing to load key from ${file}: ${saying(error, file)}`, error);
  }
}

function why(error: SignerError, file: string): string {
  if (error.code === "signer/key-unreadable")
    return `provided file ${file} is not a supported private key - to add a signer's public key use docker trust signer add`;
  if (error.code === "signer/passphrase-wrong")
    return `cannot load key from provided file ${file}: could not decrypt key`;
  return sentenceOf(error);
}
