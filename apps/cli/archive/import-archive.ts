import { CodedError } from "#domain/kernel";
import { importInto, judge, type ArchivedRepository, type Imported } from "#services/archive";
import { CliError } from "../errors.ts";
import type { Result } from "../session.ts";
import { table } from "../text.ts";
import type { World } from "../world.ts";
import { clientCache } from "./client-cache.ts";
import { writeMirror } from "./write-mirror.ts";

type Into = { readonly trustDirectory: string | undefined; readonly mirror: string | undefined };

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
  const { signal } = new AbortController(); // it is safe to kill: each file is whole at any time
  const judged = repositories.map((repository) => ({
    repository,
    judgement: judge(repository, world.clock()),
  }));
  const done: { repository: string; outcome: string; rootKeys: readonly string[] }[] = [];
  let failures = 0;
  const failed = (gun: string, why: string): void => {
    failures += 1;
    world.err(`${gun}: failed: ${why}\n`);
  };
  for (const one of trustDirectory === undefined ? [] : judged) {
    const { gun } = one.repository;
    try {
      const imported = await importInto(clientCache(trustDirectory ?? "", gun), one, { signal });
      const [root] = one.judgement.content?.roles ?? [];
      const rootKeys = root?.signers.map(({ id }) => id) ?? [];
      done.push({ repository: gun, outcome: wordsFor(imported), rootKeys });
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      failed(gun, error.message);
    }
  }
  if (mirror !== undefined) {
    const sound = judged.filter(({ judgement }) => judgement.isSound);
    for (const { judgement } of judged)
      if (!judgement.isSound) failed(judgement.gun, judgement.faults[0]?.detail ?? "");
    await writeMirror(
      mirror,
      sound.map(({ repository }) => repository),
      { signal },
    );
    for (const { repository } of sound)
      done.push({ repository: repository.gun, outcome: "mirrored", rootKeys: [] });
  }
  const result = {
    json: done,
    ids: done.map(({ repository }) => repository),
    text: table(
      ["OUTCOME", "REPOSITORY"],
      done.map(({ outcome, repository }) => [outcome, repository]),
    ),
  };
  return { result, failures };
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
