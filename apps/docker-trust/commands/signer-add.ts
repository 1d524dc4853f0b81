import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseRoleName, publicKeyFromPem, TufError, type PublicKey } from "#domain/tuf";
import { saying } from "#apps/drop-in";
import { addSigner } from "../changes.ts";
import { failure } from "../errors.ts";
import { parseImageName } from "../image-name.ts";
import { inRepository } from "../repository.ts";
import { openSession } from "../session.ts";
import { toEach } from "../several.ts";
import { requireName } from "../signer-name.ts";
import { inFull } from "../trust-faults.ts";
import type { Invocation, World } from "../world.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  const [name = "", ...repositories] = args;
  requireName(name, "signer");
  if (name === "releases")
    throw failure("releases is a reserved keyword, use a different signer name");
  const files = flags.texts("key");
  if (files.length === 0)
    throw failure("path to a public key must be provided using the `--key` flag");
  const keys: PublicKey[] = [];
  for (const file of files) keys.push(await readKey(world, file));
  const session = openSession(invocation);
  const changes = addSigner(parseRoleName(`targets/${name}`), keys);
  const add = async (typed: string): Promise<void> => {
    world.out(`Adding signer "${name}" to ${typed}...\n`);
    await inRepository(session, parseImageName(typed), "push,pull", async (repository) => {
      const begin = async (): Promise<void> => {
        if ((await repository.find()) !== undefined) return;
        world.out(`Initializing signed repository for ${typed}...\n`);
        await repository.init();
        world.out(`Successfully initialized "${typed}"\n`);
      };
      await begin().catch((error: unknown) => {
        throw inFull(error);
      });
      await repository.publish(changes);
    });
    world.out(`Successfully added signer: ${name} to ${typed}\n\n`);
  };
  await toEach(world, repositories, add, "failed to add signer to");
}

async function readKey(world: World, file: string): Promise<PublicKey> {
  const pem = await readFile(resolve(world.workingDirectory, file), "utf8").catch(
    (error: unknown) => {
      throw failure(`unable to read public key from file: ${saying(error, file)}`, error);
    },
  );
  try {
    return publicKeyFromPem(pem);
  } catch (error) {
    if (!(error instanceof TufError)) throw error;
    throw failure(
      `could not parse public key from file: ${file}: no valid public key found`,
      error,
    );
  }
}
