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
    .argument("<repository>", "as image names have it; ours without a host")
    .option("--registry <host>", "its registry, where <repository> has no host")
    .addHelpText("after", examples("trust forget acme/web", "trust forget other.lab:5000/acme/web"))
    .action((named: string, options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { registry, repository } = atRegistry(named, ForgetOptions.parse(options).registry);
        await session.confirm(
          `Forget the trust data seen of ${named}? Whoever publishes next is believed.`,
        );
        const query = { repository, ...(registry === undefined ? {} : { registry }) };
        await session.client("forgetTrust", { query });
        session.show({
          json: { repository },
          ids: [repository],
          text: `the next root of ${named} is taken as a first one\n`,
        });
        return undefined;
      }),
    );
  addAcceptClock(trust, cli);
  addRenew(trust, cli);
}

/** `other.lab:5000/acme/web` is `acme/web` there, unless its registry was named apart. */
function atRegistry(
  named: string,
  registry: string | undefined,
): { readonly repository: string; readonly registry: string | undefined } {
  const [, host, repository] = /^([^/]*[.:][^/]*|localhost)\/(.+)$/.exec(named) ?? [];
  return registry !== undefined || host === undefined || repository === undefined
    ? { repository: named, registry }
    : { repository, registry: host };
}
