import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeFileAtomically } from "#adapters/io";
import { SignerError } from "#services/signer";
import { sentenceOf } from "#apps/drop-in";
import { failure } from "../errors.ts";
import { openSession } from "../session.ts";
import { requireName } from "../signer-name.ts";
import type { Invocation, World } from "../world.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  const [name = ""] = args;
  requireName(name, "key");
  const directory = flags.text("dir");
  if (directory !== "" && !(await isThere(world, directory)))
    throw failure(`public key path does not exist: "${directory}"`);
  const path = join(directory || world.workingDirectory, `${name}.pub`);
  if (await isThere(world, path)) throw failure(`public key file already exists: "${path}"`);
  const session = openSession(invocation);
  world.out(`Generating key for ${name}...\n`);
  const { keys } = session.directory;
  const key = await keys.generate({ role: name }, session).catch((error: unknown) => {
    if (!(error instanceof SignerError)) throw error;
    throw failure(`failed to generate key for ${name}: ${sentenceOf(error)}`, error);
  });
  try {
    const pem = publicPem(name, key.publicKey.material.spki);
    await writeFileAtomically(resolve(world.workingDirectory, path), pem, {
      ...session,
      mode: 0o600,
    });
  } catch (error) {
    await keys.remove(key.id, session);
    throw failure(`failed to write public key to ${path}: ${sentenceOf(error)}`, error);
  }
  world.out(
    `Successfully generated and loaded private key. Corresponding public key available: ${path}\n`,
  );
}

/** A public key as docker writes it: with the name as its role. */
function publicPem(role: string, spki: Uint8Array): string {
  const lines =
    Buffer.from(spki)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [
    "-----BEGIN PUBLIC KEY-----",
    `role: ${role}`,
    "",
    ...lines,
    "-----END PUBLIC KEY-----",
    "",
  ].join("\n");
}

async function isThere(world: World, path: string): Promise<boolean> {
  return await stat(resolve(world.workingDirectory, path)).then(
    () => true,
    () => false,
  );
}
