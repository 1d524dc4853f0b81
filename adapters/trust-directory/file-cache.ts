import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  decodeSnapshot,
  decodeTimestamp,
  snapshotRole,
  targetsRole,
  timestampRole,
  TufError,
  type RoleName,
} from "#domain/tuf";
import type { FileCache } from "#services/reader";
import type { Warn } from "./key-folder.ts";
import { remembered, type RepositoryState } from "./repository-state.ts";
import type { RoleFile } from "./role-files.ts";
import { quietly } from "./trust-memory.ts";

/**
 * The files of the last good reading, one a role, as Notary's clients keep them; the time of `timestamp.json` is
 * when they were last confirmed. A file that could not be believed is not kept: what is kept counts as verified.
 */
export function directoryCache(stateOf: (gun: Gun) => RepositoryState, warn: Warn): FileCache {
  return {
    async file(gun, sha256, o) {
      const files = [...(await stateOf(gun).files.known(o)).values()];
      return files.find((file) => file.sha256 === sha256)?.bytes;
    },
    async lastGood(gun, o) {
      const found = (await stateOf(gun).files.all(o)).get(timestampRole);
      return found && { timestamp: found.bytes, at: found.modifiedAt };
    },
    async keep(gun, { timestamp, at, files }, o) {
      await quietly(warn, gun, () => keep(stateOf(gun), { timestamp, at, files }, o));
    },
    async touch(gun, at, o) {
      const { files } = stateOf(gun);
      const found = (await files.all(o)).get(timestampRole);
      if (found !== undefined && found.modifiedAt < at)
        await quietly(warn, gun, () => files.setTime(timestampRole, at, o));
    },
    async forget(gun, o) {
      const state = stateOf(gun);
      const { root, seen } = await remembered(state, o);
      await state.files.removeAll(o);
      state.root = root;
      for (const [role, file] of seen) state.seen.set(role, file);
    },
  };
}

type Good = Parameters<FileCache["keep"]>[1];

/** Targets first and the timestamp last: it vouches for the others. */
async function keep(state: RepositoryState, good: Good, o: Options): Promise<void> {
  const known = await state.files.known(o);
  const { seen } = await remembered(state, o);
  for (const [role, bytes, sha256] of named(good)) {
    const isBase = role === targetsRole || role === snapshotRole;
    if (!isBase && seen.get(role)?.sha256 !== sha256) continue;
    if (known.get(role)?.sha256 !== sha256)
      await state.files.write(role, bytes, { isDurable: false }, o);
  }
  await keepTimestamp(state, known.get(timestampRole), good, o);
}

async function keepTimestamp(
  state: RepositoryState,
  known: RoleFile | undefined,
  { timestamp, at }: { readonly timestamp: Uint8Array; readonly at: Instant },
  o: Options,
): Promise<void> {
  if (known !== undefined && Buffer.from(timestamp).equals(known.bytes))
    await state.files.setTime(timestampRole, at, o);
  else await state.files.write(timestampRole, timestamp, { isDurable: false, at }, o);
}

/** The roles whose files these are, as the snapshot names them; the snapshot itself last. */
function named({ timestamp, files }: Good): readonly (readonly [RoleName, Uint8Array, string])[] {
  try {
    const { sha256 } = decodeTimestamp(timestamp).signed.snapshot;
    const snapshot = files.get(sha256);
    if (snapshot === undefined) return [];
    const { meta } = decodeSnapshot(snapshot).signed;
    const found = [...meta].flatMap(([role, { sha256: name }]) => {
      const bytes = files.get(name);
      return bytes === undefined ? [] : [[role, bytes, name] as const];
    });
    return [...found, [snapshotRole, snapshot, sha256]];
  } catch (error) {
    if (error instanceof TufError) return [];
    throw error;
  }
}
