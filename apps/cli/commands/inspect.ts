import type { Command } from "commander";
import type { Cli } from "../program.ts";
import { withTrustOptions } from "../signing/trust-options.ts";
import { examples } from "./example.ts";

export function addInspect(program: Command, cli: Cli): void {
  const inspect = program
    .command("inspect")
    .description("show the people and teams behind an image's or a repository's signatures")
    .argument("<name>", "an image, acme/web:1, or a repository, acme/web");
  withTrustOptions(inspect)
    .addHelpText("after", examples("inspect acme/web:1", "inspect acme/web"))
    .action((name: string, options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { runInspect } = await import("../signing/run-inspect.ts");
        await runInspect(session, name, options);
        return undefined;
      }),
    );
}
