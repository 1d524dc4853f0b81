import type { Change, LocalRepository, StagedChange } from "#services/signer";

/**
 * A repository's folder with a change list of its own, which ends with the command: what `notary` has staged is
 * neither published along nor thrown away.
 */
export function withOwnChanges(local: LocalRepository): LocalRepository {
  let staged: readonly StagedChange[] = [];
  let count = 0;
  return {
    file: (role, o) => local.file(role, o),
    writeFiles: (files, o) => local.writeFiles(files, o),
    removeAll: (o) => local.removeFiles(o),
    removeFiles: (o) => local.removeFiles(o),
    staged: () => Promise.resolve(staged),
    stage: (changes) => {
      staged = [...staged, ...changes.map((change) => named(change, (count += 1)))];
      return Promise.resolve();
    },
    unstage: (names) => {
      staged = staged.filter(({ name }) => !names.includes(name));
      return Promise.resolve();
    },
  };
}

function named(change: Change, number: number): StagedChange {
  return { name: String(number).padStart(6, "0"), change };
}
