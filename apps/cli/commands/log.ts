import { InvalidArgumentError, type Command } from "commander";
import type { Cli } from "../program.ts";
import { withTrustOptions } from "../signing/trust-options.ts";
import { examples } from "./example.ts";

const most = 10_000;

export function addLog(program: Command, cli: Cli): void {
  const log = program
    .command("log")
    .description("show what was published of a repository: tags, signers and keys, newest first")
    .argument("<repository>", "acme/web, or on any Notary v1 server: host/acme/web")
    .option("--limit <number>", "so many publications (20)", parseLimit);
  withTrustOptions(log)
    .addHelpText("after", examples("log acme/web", "log docker.io/library/alpine --limit 5"))
    .action((repository: string, options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { runLog } = await import("../signing/run-log.ts");
        await runLog(session, repository, options);
        return undefined;
      }),
    );
}

function parseLimit(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > most) throw new InvalidArgumentError(`Give 1 to ${most}.`);
  return number;
}
