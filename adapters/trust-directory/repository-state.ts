import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { rootRole, type RoleName, type SeenFile } from "#domain/tuf";
import type { Remembered } from "#services/reader";
import { roleFiles, type RoleFiles } from "./role-files.ts";
import type { Shelf } from "./shelf.ts";

/** What is known of one repository: its files, and what this process verified beyond them. */
export type RepositoryState = {
  readonly files: RoleFiles;
  /** Higher versions than the files have, or the same ones: those that are not in a file yet. */
  readonly seen: Map<RoleName, SeenFile>;
  /** A root that could not be written. */
  root: Uint8Array | undefined;
};

/** One state a repository, shared by all that is opened of a directory. */
export function repositoryStates(shelf: Shelf): (gun: Gun) => RepositoryState {
  const states = new Map<Gun, RepositoryState>();
  return (gun) => {
    const known = states.get(gun);
    if (known !== undefined) return known;
    const state = { files: roleFiles(shelf, gun), seen: new Map(), root: undefined };
    states.set(gun, state);
    return state;
  };
}

/** What the files and this process say together. The folder is looked at anew: another client may have written. */
export async function remembered(state: RepositoryState, o: Options): Promise<Remembered> {
  const files = await state.files.all(o);
  const seen = new Map<RoleName, SeenFile>();
  for (const [role, { version, sha256 }] of files)
    if (version !== undefined) seen.set(role, { version, sha256 });
  for (const [role, file] of state.seen)
    if (file.version >= (seen.get(role)?.version ?? 0)) seen.set(role, file);
  return { root: state.root ?? files.get(rootRole)?.bytes, seen };
}

export async function forgetAll(state: RepositoryState, o: Options): Promise<void> {
  await state.files.removeAll(o);
  state.seen.clear();
  state.root = undefined;
}
