import type { AccountName } from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import type { RepositoryName, Tag } from "#domain/oci";
import { RegistryError } from "./errors.ts";
import type { RegistryStore } from "./ports.ts";
import type { PageRequest, Repository, TagMove, TagRecord, Visibility } from "./records.ts";

/** Which of these repositories may the asker read? */
export type ReadableAmong = (
  repositories: readonly Repository[],
  o: Options,
) => Promise<ReadonlySet<RepositoryName>>;

const stepSize = 500;

export function createRepositories({
  store,
  clock,
}: {
  readonly store: RegistryStore;
  readonly clock: Clock;
}) {
  const unknown = (name: RepositoryName): RegistryError =>
    new RegistryError("registry/repository-unknown", name);

  async function known(name: RepositoryName, o: Options): Promise<void> {
    if ((await store.repository(name, o)) === undefined) throw unknown(name);
  }

  return {
    /** A repository; undefined when there is none of that name. */
    repository: (name: RepositoryName, o: Options): Promise<Repository | undefined> =>
      store.repository(name, o),

    /** Whether everybody may pull; false for a repository that is not there. */
    async isPublic(name: RepositoryName, o: Options): Promise<boolean> {
      return (await store.repository(name, o))?.visibility === "public";
    },

    /** All repositories, sorted by name. */
    async repositories(o: Options): Promise<readonly Repository[]> {
      return await collect(
        (after: RepositoryName | undefined) => store.repositories({ after, limit: stepSize }, o),
        (repository) => repository.name,
      );
    },

    /** One page of the repositories that the asker may read. */
    async catalog(
      page: PageRequest<RepositoryName>,
      readable: ReadableAmong,
      o: Options,
    ): Promise<readonly RepositoryName[]> {
      const names: RepositoryName[] = [];
      let after = page.after;
      while (names.length < page.limit) {
        const step = await store.repositories({ after, limit: stepSize }, o);
        const allowed = await readable(step, o);
        names.push(...step.map(({ name }) => name).filter((name) => allowed.has(name)));
        after = step.at(-1)?.name;
        if (step.length < stepSize) break;
      }
      return names.slice(0, page.limit);
    },

    /** Makes an empty repository before the first push does. Returns false when there is one already. */
    async createRepository(
      name: RepositoryName,
      made: { readonly visibility: Visibility; readonly by: AccountName | undefined },
      o: Options,
    ): Promise<boolean> {
      return await store.createRepository(
        { name, visibility: made.visibility, createdAt: clock(), createdBy: made.by },
        o,
      );
    },

    /** Throws `registry/repository-unknown`. */
    async setVisibility(name: RepositoryName, visibility: Visibility, o: Options): Promise<void> {
      if (!(await store.setVisibility(name, visibility, o))) throw unknown(name);
    },

    /** Forgets a repository with its tags and manifests. Throws `registry/repository-unknown`. */
    async deleteRepository(name: RepositoryName, o: Options): Promise<void> {
      if (!(await store.deleteRepository(name, o))) throw unknown(name);
    },

    /** All tags of a repository, sorted by name; none for a repository that is not there. */
    async tags(repository: RepositoryName, o: Options): Promise<readonly TagRecord[]> {
      return await collect(
        (after: Tag | undefined) => store.tags(repository, { after, limit: stepSize }, o),
        (record) => record.tag,
      );
    },

    /** One page of tags. Throws `registry/repository-unknown`. */
    async tagPage(
      repository: RepositoryName,
      page: PageRequest<Tag>,
      o: Options,
    ): Promise<readonly TagRecord[]> {
      await known(repository, o);
      return await store.tags(repository, page, o);
    },

    /** Where a tag has pointed, who moved it and when; newest first, at most `limit`. */
    tagMoves: (
      repository: RepositoryName,
      tag: Tag,
      limit: number,
      o: Options,
    ): Promise<readonly TagMove[]> => store.tagMoves(repository, tag, limit, o),
  };
}

async function collect<Item, Key>(
  step: (after: Key | undefined) => Promise<readonly Item[]>,
  keyOf: (item: Item) => Key,
): Promise<readonly Item[]> {
  const all: Item[] = [];
  for (;;) {
    const last = all.at(-1);
    const next = await step(last === undefined ? undefined : keyOf(last));
    all.push(...next);
    if (next.length < stepSize) return all;
  }
}
