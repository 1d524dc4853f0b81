import type { Clock, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { rootRole } from "#domain/tuf";
import type { LocalRepository } from "#services/signer";
import { changelist } from "./changelist.ts";
import { gunFolder } from "./gun-folder.ts";
import { lockFile } from "./publish-lock.ts";
import { forgetAll, type RepositoryState } from "./repository-state.ts";
import type { Shelf } from "./shelf.ts";

/** What Notary's clients keep of one repository: the files that were last verified, and the changes to publish. */
export function localRepository(
  shelf: Shelf,
  gun: Gun,
  parts: { readonly state: RepositoryState; readonly clock: Clock },
): LocalRepository {
  const { state, clock } = parts;
  const changes = changelist(shelf, gun, clock);
  return {
    file: async (role, o) => (await state.files.all(o)).get(role)?.bytes,
    async writeFiles(files, o) {
      const write = async (role: typeof rootRole, bytes: Uint8Array): Promise<void> => {
        await state.files.write(role, bytes, { isDurable: true }, o);
        state.seen.delete(role);
      };
      for (const [role, bytes] of files) if (role !== rootRole) await write(role, bytes);
      const root = files.get(rootRole);
      if (root !== undefined) await write(rootRole, root); // last: with it the repository is there
    },
    async removeAll(o: Options) {
      await changes.removeAll(o);
      await forgetAll(state, o);
      await shelf.remove([`${gunFolder(gun)}/${lockFile}`], gunFolder(gun), o);
    },
    removeFiles: (o) => forgetAll(state, o),
    staged: (o) => changes.staged(o),
    stage: (added, o) => changes.stage(added, o),
    unstage: (names, o) => changes.unstage(names, o),
  };
}
