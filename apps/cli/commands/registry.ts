import { resolve } from "node:path";
import type { Registry } from "#contracts";
import { InvalidArgumentError, type Command } from "commander";
import { z } from "zod";
import { CliError } from "../errors.ts";
import { readNamedFile } from "../named-file.ts";
import { readPassword } from "../passwords.ts";
import type { Cli } from "../program.ts";
import type { Result } from "../session.ts";
import { fields, moment, table } from "../text.ts";
import { examples } from "./example.ts";

const AddOptions = z.object({
  registryCa: z.string().optional(),
  trustServer: z.string().optional(),
  username: z.string().optional(),
  passwordFile: z.string().optional(),
  maxStale: z.number().optional(),
});

export function addRegistry(program: Command, cli: Cli): void {
  const registry = program.command("registry").description("other registries that are trusted");
  addList(registry, cli);
  addAdd(registry, cli);
  addRemove(registry, cli);
}

function addList(registry: Command, cli: Cli): void {
  registry
    .command("list")
    .description("list the registries beside our own whose signed images may run")
    .addHelpText("after", examples("registry list"))
    .action((_options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const registries = await session.client("listRegistries");
        session.show({
          json: registries,
          ids: registries.map(({ host }) => host),
          text: table(
            ["HOST", "USER", "MAY BE STALE", "TRUST SERVER"],
            registries.map((one) => [
              one.host,
              one.username ?? "-",
              one.maxStaleSeconds === undefined ? "-" : `${one.maxStaleSeconds} s`,
              one.trustServer,
            ]),
          ),
        });
        return undefined;
      }),
    );
}

function addAdd(registry: Command, cli: Cli): void {
  registry
    .command("add")
    .description("trust a registry: its images run when the right people have signed them")
    .argument("<host>", "as image names begin, with its port")
    .option(
      "--registry-ca <file>",
      "or --ca, here: PEM of the authorities behind its servers, the only ones believed",
    )
    .option("--trust-server <url>", "where its trust data is; the registry itself when left out")
    .option("--username <name>", "who to sign in as; without it, nobody")
    .option("--password-file <file>", "first line of this file; - is standard input")
    .option(
      "--max-stale <seconds>",
      "use what was read last for so long while it does not answer (600)",
      parseSeconds,
    )
    .addHelpText(
      "after",
      examples("registry add other.lab:5000 --ca other-ca.pem") +
        "\nThe password is asked for, or taken from COUNTERSIGN_REGISTRY_PASSWORD.\n",
    )
    .action((host: string, options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { registryCa, trustServer, username, passwordFile, maxStale } =
          AddOptions.parse(options);
        if (registryCa === undefined)
          throw new CliError(
            "cli/usage",
            `nothing says which authorities certify ${host}`,
            "add --ca FILE, with their certificates as PEM",
          );
        const source = {
          file: passwordFile,
          variable: "COUNTERSIGN_REGISTRY_PASSWORD",
          question: `Password of ${username} at ${host}: `,
          twice: false,
        };
        const body = {
          host,
          ca: await readNamedFile(resolve(cli.world.workingDirectory, registryCa), "the CA file"),
          ...(trustServer === undefined ? {} : { trustServer }),
          ...(maxStale === undefined ? {} : { maxStaleSeconds: maxStale }),
          ...(username === undefined
            ? {}
            : { username, password: await readPassword(source, cli.world) }),
        };
        session.show(resultOf(await session.client("addRegistry", { body })));
        return undefined;
      }),
    );
}

function addRemove(registry: Command, cli: Cli): void {
  registry
    .command("remove")
    .description("trust a registry no longer: its images do not run from now on")
    .argument("<host>")
    .addHelpText("after", examples("registry remove other.lab:5000"))
    .action((host: string, _options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        await session.confirm(`Trust ${host} no longer? Its images will be refused.`);
        await session.client("removeRegistry", { params: { registry: host } });
        session.show({ json: { host }, ids: [host], text: `${host} is not trusted any more\n` });
        return undefined;
      }),
    );
}

const maxSeconds = 604_800; // a week, as the server has it

function parseSeconds(text: string): number {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Infinity;
  if (seconds > maxSeconds) throw new InvalidArgumentError(`Give 0 to ${maxSeconds} seconds.`);
  return seconds;
}

function resultOf(registry: Registry): Result {
  const { addedAt, addedBy } = registry;
  return {
    json: registry,
    ids: [registry.host],
    text: fields([
      ["host", registry.host],
      ["trust server", registry.trustServer],
      ["signed in as", registry.username ?? "nobody"],
      ["may be stale", `${registry.maxStaleSeconds ?? 0} seconds`],
      ["added", addedAt === undefined ? undefined : `${moment(addedAt)} by ${addedBy ?? "-"}`],
    ]),
  };
}
