import { resolve } from "node:path";
import type { Gun } from "#domain/oci";
import { archiveAll, judge, type Outcome } from "#services/archive";
import { CliError } from "../errors.ts";
import { readNamedFile } from "../named-file.ts";
import type { Result } from "../session.ts";
import { fields } from "../text.ts";
import type { World } from "../world.ts";
import { openIfThere, parseName, saveArchive } from "./archive-store.ts";
import { connectTrustServers } from "./trust-servers.ts";

type Wanted = {
  readonly guns: readonly Gun[];
  readonly output: string;
  /** Leaves out what the file holds already. */
  readonly onlyMissing: boolean;
  readonly server: string | undefined;
  readonly ca: string | undefined;
};

/** The repositories that the user named: as arguments, and in a list with one a line and `#` comments. */
export async function namesFrom(
  args: readonly string[],
  list: string | undefined,
  world: World,
): Promise<readonly Gun[]> {
  const text =
    list === undefined
      ? ""
      : list === "-"
        ? await world.terminal.readInput()
        : await readNamedFile(resolve(world.workingDirectory, list), "the list");
  const listed = text
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*$/, "").trim())
    .filter((line) => line !== "");
  const names = [...args, ...listed];
  if (names.length === 0)
    throw new CliError(
      "cli/usage",
      "no repository is named",
      "name some, or a file that lists them with --all-from",
    );
  return [...new Set(names.map(parseName))];
}

/** Archives repositories into a file. `failures`: how many of them could not be had. */
export async function makeArchive(
  wanted: Wanted,
  world: World,
): Promise<{ readonly result: Result; readonly failures: number }> {
  const { signal } = new AbortController(); // it is safe to kill: the file is whole at any time
  const file = resolve(world.workingDirectory, wanted.output);
  const held = (await openIfThere(file))?.repositories ?? new Map();
  const guns = wanted.onlyMissing ? wanted.guns.filter((gun) => !held.has(gun)) : wanted.guns;
  await using servers = await connectTrustServers(wanted, world);
  let saved: Awaited<ReturnType<typeof saveArchive>> | undefined;
  const { repositories, outcomes } = await archiveAll(
    {
      sourceOf: servers.sourceOf,
      clock: world.clock,
      save: async (all, o) => {
        saved = await saveArchive(file, all, o);
      },
      told: (outcome) => world.err(progress(outcome, world)),
    },
    { guns, before: held },
    { signal },
  );
  saved ??= (await openIfThere(file)) ?? { sha256: "", bytes: 0 };
  const archived = outcomes.filter(({ kind }) => kind === "archived").map(({ gun }) => gun);
  const failed = outcomes.flatMap((one) =>
    one.kind === "failed"
      ? [{ repository: one.gun, code: one.error.code, message: one.error.message }]
      : [],
  );
  const left = wanted.guns.length - guns.length;
  const { sha256 } = saved;
  const result: Result = {
    json: { file: wanted.output, sha256, archived, failed, holds: repositories.size },
    ids: archived,
    text:
      sha256 === ""
        ? ""
        : fields([
            ["file", wanted.output],
            [
              "archived",
              `${archived.length} of ${guns.length}${left > 0 ? `, ${left} already there` : ""}`,
            ],
            ["holds", `${repositories.size}`],
            ["sha256", sha256],
          ]),
  };
  return { result, failures: failed.length };
}

function progress(outcome: Outcome, world: World): string {
  const start = `[${outcome.done}/${outcome.of}] ${outcome.gun}:`;
  if (outcome.kind === "failed") return `${start} failed: ${reasonOf(outcome.error)}\n`;
  const { faults, content } = judge(outcome.repository, world.clock());
  const size = `${content?.roots.versions.length ?? 0} roots, ${content?.tags.length ?? 0} tags`;
  const then = content?.then;
  const age = then?.kind === "fresh" ? "" : `; not to be trusted, ${then?.role} has expired`;
  const warnings = faults.map(({ role, detail }) => `warning: ${role}: ${detail}\n`).join("");
  return `${start} ${size}${age}\n${warnings}`;
}

/** What happened, and what to do about it where somebody can. */
function reasonOf(error: { readonly code: string; readonly message: string }): string {
  switch (error.code) {
    case "trust-server/unauthorized":
      return `${error.message} (sign in with docker login, or set NOTARY_AUTH)`;
    case "trust-server/unreachable":
      return `${error.message} (check the address; --server and --ca name others)`;
    case "archive/another-repository":
    case "archive/rolled-back":
      return `${error.message} (what the archive has is kept; see it in another file with -o)`;
    default:
      return error.message;
  }
}
