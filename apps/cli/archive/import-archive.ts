import { openTrustDirectory } from "#adapters/trust-directory";
import { CodedError } from "#domain/kernel";
import {
  importInto,
  judge,
  type ArchivedRepository,
  type Imported,
  type Judgement,
} from "#services/archive";
import { CliError } from "../errors.ts";
import type { Result } from "../session.ts";
import { table } from "../text.ts";
import type { World } from "../world.ts";
import { writeMirror } from "./write-mirror.ts";

type Into = { readonly trustDirectory: string | undefined; readonly mirror: string | undefined };
type Judged = { readonly repository: ArchivedRepository; readonly judgement: Judgement };
type Done = {
  readonly repository: string;
  readonly outcome: string;
  /** Ids of the pinned root keys, as metadata lists them. */
  readonly rootKeys?: readonly string[];
};

/** Gives what an archive holds to the clients of this machine, or to a web server. Each repository is tried. */
export async function importArchive(
  repositories: readonly ArchivedRepository[],
  { trustDirectory, mirror }: Into,
  world: World,
): Promise<{ readonly result: Result; readonly failures: number }> {
  if (trustDirectory === undefined && mirror === undefined)
    throw new CliError(
      "cli/usage",
      "it is not said where to",
      "add --trust-dir DIRECTORY or --mirror DIRECTORY",
    );
  const judged = repositories.map((repository) => ({
    repository,
    judgement: judge(repository, world.clock()),
  }));
  const done: Done[] = [];
  if (trustDirectory !== undefined) done.push(...(await pin(judged, trustDirectory, world)));
  if (mirror !== undefined) done.push(...(await serve(judged, mirror, world)));
  const wanted = judged.length * [trustDirectory, mirror].filter(Boolean).length;
  const result = {
    json: done,
    ids: done.map(({ repository }) => repository),
    text: table(
      ["OUTCOME", "REPOSITORY"],
      done.map(({ outcome, repository }) => [outcome, repository]),
    ),
  };
  return { result, failures: wanted - done.length };
}

/** Into a trust directory of Notary's or Docker's client. */
async function pin(
  judged: readonly Judged[],
  directory: string,
  world: World,
): Promise<readonly Done[]> {
  const nobody = () => Promise.resolve(undefined); // no key is opened
  const { signal } = new AbortController(); // it is safe to kill: each file is whole at any time
  const clients = openTrustDirectory(directory, {
    passphrases: { existing: nobody, fresh: nobody },
    clock: world.clock,
  });
  const done: Done[] = [];
  for (const one of judged) {
    const { gun } = one.repository;
    try {
      await using _ = await clients.lock(gun, { signal });
      const imported = await importInto(clients.local(gun), one, { signal });
      const [root] = one.judgement.content?.roles ?? [];
      const rootKeys = root?.signers.map(({ id }) => id) ?? [];
      done.push({ repository: gun, outcome: wordsFor(imported), rootKeys });
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      world.err(`${gun}: failed: ${error.message}\n`);
    }
  }
  return done;
}

/** Into a folder for a web server. */
async function serve(
  judged: readonly Judged[],
  directory: string,
  world: World,
): Promise<readonly Done[]> {
  const sound = judged.filter(({ judgement }) => judgement.isSound);
  for (const { judgement } of judged)
    if (!judgement.isSound)
      world.err(`${judgement.gun}: failed: ${judgement.faults[0]?.detail ?? "it has faults"}\n`);
  const { signal } = new AbortController();
  await writeMirror(
    directory,
    sound.map(({ repository }) => repository),
    { signal },
  );
  return sound.map(({ repository }) => ({ repository: repository.gun, outcome: "mirrored" }));
}

function wordsFor({ kind, pinned }: Imported): string {
  if (kind === "kept") return "kept what is newer there";
  switch (pinned) {
    case "new":
      return "root pinned";
    case "moved":
      return "pin moved on";
    case "same":
      return "pin as before";
  }
}
