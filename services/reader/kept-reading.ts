import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import type { VerifiedRepository } from "#domain/tuf";
import type { Asked } from "./ask-ahead.ts";
import { keptSource, sha256 } from "./kept-files.ts";
import type { FileCache, LastGood } from "./ports.ts";
import { readRepository, type Parts, type Read } from "./read-repository.ts";

type Kept = Omit<Parts, "source"> & { readonly files: FileCache };

/** Reads what was kept of a repository, and verifies it like anything that was fetched. */
export async function readKept(kept: Kept, gun: Gun, good: LastGood, o: Options): Promise<Read> {
  const { root } = await kept.memory.recall(gun, o);
  return await readRepository({ ...kept, source: keptSource(kept.files, good, root) }, gun, o);
}

/**
 * What was kept, where the source still has the same timestamp: then nothing has changed there, and nothing else is
 * waited for. It is verified while the answer is on the way. Undefined where it does not stand.
 */
export async function standing(
  kept: Kept,
  gun: Gun,
  { good, asked }: { readonly good: LastGood; readonly asked: Asked },
  o: Options,
): Promise<(Read & { readonly reading: VerifiedRepository }) | undefined> {
  const read = await readKept(kept, gun, good, o);
  const { reading, timestampSha256 } = read;
  const timestamp = await asked.timestamp;
  const isSame = timestamp !== undefined && sha256(timestamp) === timestampSha256;
  if (!isSame || reading.kind !== "verified" || isDamaged(reading)) return undefined;
  return kept.clock() > reading.freshUntil ? undefined : { ...read, reading };
}

/** Whether there is a role that does not verify: it may be a file that arrived broken. */
export function isDamaged({ roles }: VerifiedRepository): boolean {
  return roles.some(({ state }) => state.kind === "tampered");
}
