import { mapBounded, CodedError, type Clock, type Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { renewed } from "./add-repository.ts";
import type { ArchivedRepository } from "./archived.ts";
import { collect } from "./collect.ts";
import type { ArchiveSource } from "./ports.ts";

export type ArchiveParts = {
  /** The server of a repository, and how it is asked. */
  readonly sourceOf: (
    gun: Gun,
  ) => Promise<{ readonly server: string; readonly source: ArchiveSource }>;
  readonly clock: Clock;
  /** Keeps all that the archive holds by now. Called now and then, and at the end. */
  readonly save: (repositories: readonly ArchivedRepository[], o: Options) => Promise<void>;
  readonly told?: (outcome: Outcome) => void;
};

export type Outcome = {
  readonly gun: Gun;
  /** How many are done, this one counted. */
  readonly done: number;
  readonly of: number;
} & (
  | { readonly kind: "archived"; readonly repository: ArchivedRepository }
  | { readonly kind: "failed"; readonly error: CodedError }
);

const parallelRepositories = 4;
/** Work that was interrupted loses no more than this. */
const saveEveryMs = 60_000;

/**
 * Archives repositories beside those that an archive holds already: each is tried and told, and what one
 * cannot be had for keeps no other away. What was archived before stays where it cannot be had anew.
 */
export async function archiveAll(
  parts: ArchiveParts,
  work: {
    readonly guns: readonly Gun[];
    readonly before: ReadonlyMap<Gun, ArchivedRepository>;
  },
  o: Options,
): Promise<{
  readonly repositories: ReadonlyMap<Gun, ArchivedRepository>;
  readonly outcomes: readonly Outcome[];
}> {
  const held = new Map(work.before);
  const guns = [...new Set(work.guns)];
  let done = 0;
  let savedAt = parts.clock();
  let saving: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    savedAt = parts.clock();
    saving = saving.then(() => parts.save([...held.values()], o));
    return saving;
  };
  const outcomes = await mapBounded(parallelRepositories, guns, async (gun): Promise<Outcome> => {
    o.signal.throwIfAborted();
    const result = await archiveOne(parts, { gun, before: held.get(gun) }, o);
    done += 1;
    const outcome = { gun, done, of: guns.length, ...result };
    if (outcome.kind === "archived") held.set(gun, outcome.repository);
    parts.told?.(outcome);
    if (outcome.kind === "archived" && parts.clock() - savedAt >= saveEveryMs) await save();
    return outcome;
  });
  if (outcomes.some(({ kind }) => kind === "archived")) await save();
  return { repositories: held, outcomes };
}

async function archiveOne(
  parts: ArchiveParts,
  { gun, before }: { readonly gun: Gun; readonly before: ArchivedRepository | undefined },
  o: Options,
): Promise<
  | { readonly kind: "archived"; readonly repository: ArchivedRepository }
  | { readonly kind: "failed"; readonly error: CodedError }
> {
  try {
    const { clock } = parts;
    const found = await collect({ ...(await parts.sourceOf(gun)), clock }, gun, o);
    return { kind: "archived", repository: renewed(before, found) };
  } catch (error) {
    o.signal.throwIfAborted();
    if (!(error instanceof CodedError)) throw error;
    return { kind: "failed", error };
  }
}
