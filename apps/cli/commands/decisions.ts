import { shortenDigests } from "#contracts";
import { Option, type Command } from "commander";
import { z } from "zod";
import { CliError } from "../errors.ts";
import type { Cli } from "../program.ts";
import { moment, table } from "../text.ts";
import { examples } from "./example.ts";

const ListOptions = z.object({ limit: z.string().default("20") });

export function addDecisions(program: Command, cli: Cli): void {
  program
    .command("decisions")
    .description("list the newest decisions of the gates")
    .addOption(new Option("--limit <number>", "how many, at most 200").default("20"))
    .addHelpText("after", examples("decisions", "decisions --limit 100 --format json"))
    .action((options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { limit } = ListOptions.parse(options);
        if (!/^[1-9][0-9]{0,2}$/.test(limit) || Number(limit) > 200)
          throw new CliError("cli/usage", "--limit takes a number from 1 to 200");
        const found = await session.client("listDecisions", { query: { limit } });
        session.show({
          json: found,
          ids: found.decisions.map(({ id }) => id),
          text: table(
            ["AT", "BY", "EFFECT", "IMAGE"],
            found.decisions.map(({ at, by, effect, image }) => [
              moment(at),
              by,
              effect,
              shortenDigests(image),
            ]),
          ),
        });
        return undefined;
      }),
    );
}
