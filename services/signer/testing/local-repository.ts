import type { Gun } from "#domain/oci";
import type { RoleName } from "#domain/tuf";
import type { Change, LocalRepository, StagedChange } from "#services/signer";

/** What is kept of each repository, for as long as the process lives. */
export function inMemoryLocal(): (gun: Gun) => LocalRepository {
  const repositories = new Map<Gun, LocalRepository>();
  return (gun) => {
    const kept = repositories.get(gun) ?? oneRepository();
    repositories.set(gun, kept);
    return kept;
  };
}

function oneRepository(): LocalRepository {
  const files = new Map<RoleName, Uint8Array>();
  let staged: readonly StagedChange[] = [];
  let count = 0;
  const nameOf = (): string => String((count += 1)).padStart(20, "0");
  return {
    file: (role) => Promise.resolve(files.get(role)),
    writeFiles(written) {
      for (const [role, bytes] of written) files.set(role, bytes);
      return Promise.resolve();
    },
    removeAll() {
      files.clear();
      staged = [];
      return Promise.resolve();
    },
    removeFiles() {
      files.clear();
      return Promise.resolve();
    },
    staged: () => Promise.resolve(staged),
    stage(changes) {
      const added = changes.map((change: Change) => ({ name: nameOf(), change }));
      staged = [...staged, ...added];
      return Promise.resolve();
    },
    unstage(names) {
      const gone = new Set(names);
      staged = staged.filter(({ name }) => !gone.has(name));
      return Promise.resolve();
    },
  };
}
