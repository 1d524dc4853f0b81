import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { rootRole, type RoleName } from "#domain/tuf";
import type { TrustMemory } from "#services/reader";
import { SignerError } from "#services/signer";
import type { Warn } from "./key-folder.ts";
import { forgetAll, remembered, type RepositoryState } from "./repository-state.ts";
import { versionOf } from "./version-of.ts";

/**
 * What was verified before, as Notary's clients remember it: the file of each role is the highest version seen of
 * it, and `root.json` is the pin. Whoever takes the repository's folder away has it forgotten. Where the folder
 * cannot be written to, it is remembered for as long as the process lives, with a warning.
 */
export function directoryMemory(stateOf: (gun: Gun) => RepositoryState, warn: Warn): TrustMemory {
  return {
    recall: async (gun, o) => await remembered(stateOf(gun), o),
    highest: async (gun, role, o) => (await remembered(stateOf(gun), o)).seen.get(role),
    async raise(gun, { root, seen, gone, renewed }, o) {
      const state = stateOf(gun);
      const before = await remembered(state, o);
      const forgotten: RoleName[] = [...gone];
      if (versionOfRoot(root) > versionOfRoot(before.root)) {
        // The files first: with the new root beside them they would stand for versions seen under it.
        await quietly(warn, gun, () => forgetRoles(state, renewed, o));
        forgotten.push(...renewed);
        state.root = root;
        await quietly(warn, gun, async () => {
          await state.files.write(rootRole, root, { isDurable: true }, o);
          state.root = undefined;
        });
      }
      for (const [role, file] of seen) {
        const known = forgotten.includes(role) ? undefined : before.seen.get(role);
        if (file.version > (known?.version ?? 0)) state.seen.set(role, file);
      }
      await quietly(warn, gun, () => forgetRoles(state, gone, o));
      return await remembered(state, o);
    },
    async pin(gun, root, o) {
      const state = stateOf(gun);
      if ((await remembered(state, o)).root === undefined)
        await state.files.write(rootRole, root, { isDurable: true }, o);
    },
    forget: async (gun, o) => await forgetAll(stateOf(gun), o),
  };
}

async function forgetRoles(
  state: RepositoryState,
  roles: readonly RoleName[],
  o: Options,
): Promise<void> {
  for (const role of roles) state.seen.delete(role);
  if (roles.length > 0) await state.files.remove(roles, o);
}

/** What is verified stays so where it cannot be written down. */
export async function quietly(warn: Warn, gun: Gun, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof SignerError)) throw error;
    warn({ file: `tuf/${gun}`, detail: `what was verified is not kept: ${error.message}` });
  }
}

function versionOfRoot(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? 0 : (versionOf(rootRole, bytes) ?? 0);
}
