import { shortenDigests } from "#contracts";
import type { Command } from "commander";
import type { Cli } from "../program.ts";
import { table } from "../text.ts";
import { examples } from "./example.ts";

export function addWorkloads(program: Command, cli: Cli): void {
  program
    .command("workloads")
    .description("list what runs, and what would not be admitted any more")
    .addHelpText("after", examples("workloads"))
    .action((_options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const found = await session.client("workloads");
        if (!found.engine) cli.world.err("warning:  no engine answers; what runs is not known\n");
        session.show({
          json: found,
          ids: found.workloads.map(({ id }) => id),
          text: table(
            ["KIND", "NAME", "NOW", "IMAGE"],
            found.workloads.map(({ kind, name, verdict, image }) => [
              kind,
              name,
              verdict.kind === "admit" ? "approved" : "refused",
              shortenDigests(image),
            ]),
          ),
        });
        return undefined;
      }),
    );
}
