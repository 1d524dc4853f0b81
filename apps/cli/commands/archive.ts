import type { Command } from "commander";
import { resolve } from "node:path";
import { z } from "zod";
import { judge, type Judgement } from "#services/archive";
import { chosen, openArchive } from "../archive/archive-store.ts";
import { importArchive } from "../archive/import-archive.ts";
import { makeArchive, namesFrom } from "../archive/make-archive.ts";
import {
  details,
  faultLines,
  judgementJson,
  overview,
  remarks,
  standing,
} from "../archive/show-text.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../program.ts";
import { printed, type Result } from "../session.ts";
import { examples } from "./example.ts";

const ArchiveOptions = z.object({
  server: z.string().optional(),
  ca: z.string().optional(),
  format: z.enum(["text", "json"]).default("text"),
  quiet: z.boolean().default(false),
  allFrom: z.string().optional(),
  output: z.string().default("trust-archive.zip"),
  missing: z.boolean().default(false),
  trustDir: z.string().optional(),
  mirror: z.string().optional(),
});

type Below = (name: string) => Command;

export function addArchive(program: Command, cli: Cli): void {
  const archive = program
    .command("archive")
    .description("keep the trust data of any Notary v1 server in one file")
    .argument("[gun...]", "repositories: docker.io/library/alpine")
    .option("--all-from <list>", "file with one repository a line; - is standard input")
    .option("-o, --output <file>", "made, or added to (trust-archive.zip)")
    .option("--missing", "leave out repositories that the file holds already")
    .addHelpText(
      "after",
      examples(
        "archive docker.io/library/alpine -o alpine.zip",
        "archive --all-from list.txt --server https://notary.lab",
      ) +
        "\nHere --server is the trust server of all of them; without it each one's own\n" +
        "host is asked. No Countersign server is needed. NOTARY_AUTH or docker login\n" +
        "signs in.\n",
    )
    .action(async (names: string[], _options: unknown, command: Command) => {
      const { allFrom, missing, ...options } = ArchiveOptions.parse(command.optsWithGlobals());
      const guns = await namesFrom(names, allFrom, cli.world);
      const { server, ca, output } = options;
      const wanted = { guns, output, onlyMissing: missing, server, ca };
      const { result, failures } = await makeArchive(wanted, cli.world);
      cli.world.out(printed(result, options));
      if (failures > 0)
        throw new CliError(
          "cli/archive-incomplete",
          `${failures} of ${guns.length} repositories could not be archived`,
          "the others are; run it again to try what failed",
        );
    });
  // Reading one takes no server, and none of the options for making one.
  const below: Below = (name) =>
    archive.command(name).configureHelp({
      helpWidth: 80,
      showGlobalOptions: true,
      visibleGlobalOptions: () =>
        program.options.filter((option) => ["format", "quiet"].includes(option.attributeName())),
    });
  addShow(below, cli);
  addVerify(below, cli);
  addImport(below, cli);
}

function addShow(below: Below, cli: Cli): void {
  below("show")
    .description("show what an archive holds: tags, digests, signers, dates")
    .argument("<file>")
    .argument("[gun...]", "all, in short, when left out and there are several")
    .addHelpText("after", examples("archive show alpine.zip"))
    .action(async (file: string, names: string[], _options: unknown, command: Command) => {
      const options = ArchiveOptions.parse(command.optsWithGlobals());
      const { judgements } = await judged(cli, file, names);
      const isShort = names.length === 0 && judgements.length !== 1;
      const text = isShort ? overview(judgements) : judgements.map(details).join("\n");
      cli.world.out(printed(resultOf(judgements, text), options));
    });
}

function addVerify(below: Below, cli: Cli): void {
  below("verify")
    .description("check an archive offline: every byte and signature (exit code 1: faults)")
    .argument("<file>")
    .argument("[gun...]", "all when left out")
    .addHelpText(
      "after",
      examples("archive verify alpine.zip") +
        "\nWhat has expired still verifies, is marked, and is not to be trusted. The first\n" +
        "root is taken on its own word: archive show has its key, to compare.\n",
    )
    .action(async (file: string, names: string[], _options: unknown, command: Command) => {
      const options = ArchiveOptions.parse(command.optsWithGlobals());
      const { judgements, sha256 } = await judged(cli, file, names);
      const faultsAndRemarks = `${judgements.map(faultLines).join("")}${remarks(judgements)}`;
      const text = `${overview(judgements)}${faultsAndRemarks}\nsha256  ${sha256}\n`;
      const { json, ids } = resultOf(judgements, text);
      cli.world.out(printed({ json: { sha256, repositories: json }, ids, text }, options));
      const faulty = judgements.filter(({ isSound }) => !isSound);
      if (faulty.length > 0)
        throw new CliError(
          "cli/archive-unsound",
          `${faulty.length} of ${judgements.length} repositories have faults`,
          "the archive is as it was written; what a server gave does not fit together",
        );
    });
}

function addImport(below: Below, cli: Cli): void {
  below("import")
    .description("pin its roots for notary and docker, or make a static mirror of it")
    .argument("<file>")
    .argument("[gun...]", "all when left out")
    .option("--trust-dir <directory>", "of the clients, as ~/.docker/trust or ~/.notary")
    .option("--mirror <directory>", "new; a web server's files, which the clients can read")
    .addHelpText(
      "after",
      examples(
        "archive import alpine.zip --trust-dir ~/.docker/trust",
        "archive import alpine.zip --mirror site",
      ) +
        "\nAn import never replaces a pinned root by one that does not follow from it, and\n" +
        "never goes back in time. No server is changed; archives hold no private keys.\n",
    )
    .action(async (file: string, names: string[], _options: unknown, command: Command) => {
      const options = ArchiveOptions.parse(command.optsWithGlobals());
      const { trustDir, mirror } = options;
      const at = (path: string | undefined): string | undefined =>
        path === undefined ? undefined : resolve(cli.world.workingDirectory, path);
      const found = await openArchive(resolve(cli.world.workingDirectory, file));
      const into = { trustDirectory: at(trustDir), mirror: at(mirror) };
      const { result, failures } = await importArchive(chosen(found, names), into, cli.world);
      cli.world.out(printed(result, options));
      if (failures > 0)
        throw new CliError(
          "cli/archive-incomplete",
          `${failures} repositories were not imported`,
          "what was there before is as it was",
        );
    });
}

async function judged(
  { world }: Cli,
  file: string,
  names: readonly string[],
): Promise<{ readonly judgements: readonly Judgement[]; readonly sha256: string }> {
  const found = await openArchive(resolve(world.workingDirectory, file));
  const judgements = chosen(found, names).map((one) => judge(one, world.clock()));
  return { judgements, sha256: found.sha256 };
}

function resultOf(judgements: readonly Judgement[], text: string): Result {
  return {
    json: judgements.map((one) => ({ state: standing(one), ...(judgementJson(one) as object) })),
    ids: judgements.map(({ gun }) => gun),
    text,
  };
}
