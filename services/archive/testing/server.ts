import type { TestRepository } from "#domain/tuf/testing";
import type { ArchiveSource } from "#services/archive";

export type TestServer = {
  readonly source: ArchiveSource;
  /** What was asked for: `timestamp`, `targets.<sha256>`, `root.1`. */
  readonly asked: string[];
  /** Answers in place of the repository's own; undefined is not there. */
  readonly instead: Map<string, Uint8Array | undefined | (() => Uint8Array | undefined)>;
};

/** Serves repositories as a Notary server does. */
export function serverOf(...repositories: readonly TestRepository[]): TestServer {
  const asked: string[] = [];
  const instead: TestServer["instead"] = new Map();
  const answer = (
    gun: string,
    name: string,
    own: (of: TestRepository) => Uint8Array | undefined,
    maxBytes = Infinity,
  ): Promise<Uint8Array | undefined> => {
    asked.push(name);
    const other = instead.get(name);
    const found = repositories.find((one) => one.gun === gun);
    const bytes = instead.has(name)
      ? typeof other === "function"
        ? other()
        : other
      : found && own(found);
    return Promise.resolve(bytes?.subarray(0, maxBytes + 1));
  };
  const source: ArchiveSource = {
    current: async (gun, role) => await answer(gun, role, (of) => of.current.get(role)),
    byChecksum: async (gun, role, sha256, { maxBytes }) =>
      await answer(gun, `${role}.${sha256}`, (of) => of.shelf.get(`${role}.${sha256}`), maxBytes),
    byVersion: async (gun, role, version) =>
      await answer(gun, `${role}.${version}`, (of) => of.shelf.get(`${role}.${version}`)),
  };
  return { source, asked, instead };
}
