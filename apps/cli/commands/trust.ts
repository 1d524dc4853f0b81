import type { Command } from "commander";
import { z } from "zod";
import type { Cli } from "../program.ts";
import { addAcceptClock } from "./accept-clock.ts";
import { addRenew } from "./renew.ts";
import { examples } from "./example.ts";

const ForgetOptions = z.object({ registry: z.string().optional() });

export function addTrust(program: Command, cli: Cli): void {
  const trust = program.command("trust").description("what is remembered of trust data");
  trust
    .command("forget")
    .description("take a repository's next root as a first one, after it was made anew on purpose")
    .argument("<repository>", "without the registry's host")
    .option("--registry <host>", "another registry than ours, without which it is ours")
    .addHelpText("after", examples("trust forget acme/web"))
    .action((repository: string, options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { registry } = ForgetOptions.parse(options);
        await session.confirm(
          `Forget the trust data seen of ${repository}? Whoever publishes next is believed.`,
        );
        const query = { repository, ...(registry === undefined ? {} : { registry }) };
        await session.client("forgetTrust", { query });
        session.show({
          json: { repository },
          ids: [repository],
          text: `the next root of ${repository} is taken as a first one\n`,
        });
        return undefined;
      }),
    );
  addAcceptClock(trust, cli);
  addRenew(trust, cli);
}
