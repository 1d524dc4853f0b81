import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describeFile, findTarget, type Target } from "#domain/tuf";
import { saying } from "#apps/drop-in";
import { failure, usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { readCollection } from "../collection.ts";
import { collectionName, openSession } from "../session.ts";
import { readNamed } from "../named-file.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  const [name, target] = args;
  if (name === undefined || target === undefined) throw usage("Must specify a GUN and target");
  const gun = collectionName(name);
  const session = await openSession(invocation);
  const input = flags.text("input");
  const content = input === "" ? await world.input.all() : await readNamed(world, input);
  const found = findTarget(await readCollection(session, gun), target);
  if (found === undefined)
    throw failure(
      `error retrieving target by name:${target}, error:No valid trust data for ${target}`,
    );
  const fault = faultOf(content, target, found.target);
  if (fault !== undefined) throw failure(`data not present in the trusted collection, ${fault}`);
  if (flags.isSet("quiet")) return;
  const output = flags.text("output");
  if (output === "") return world.out(content);
  await writeFile(resolve(world.workingDirectory, output), content, { mode: 0o644 }).catch(
    (error: unknown) => {
      throw failure(saying(error, output), error);
    },
  );
}

/** What differs between content and what was signed of it. */
function faultOf(content: Uint8Array, name: string, target: Target): string | undefined {
  const found = describeFile(content);
  const { sha256, sha512 } = target;
  if (sha256 === undefined && sha512 === undefined) return `no hash of ${name} is known here`;
  if (sha256 !== undefined && sha256 !== found.sha256)
    return `sha256 checksum for ${name} did not match: expected ${sha256}`;
  if (sha512 !== undefined && sha512 !== found.sha512)
    return `sha512 checksum for ${name} did not match: expected ${sha512}`;
  return undefined;
}
