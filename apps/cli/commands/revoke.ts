import type { Command } from "commander";
import type { Cli } from "../program.ts";
import {
  passphraseHelp,
  withKeyOption,
  withTokenOptions,
  withTrustOptions,
} from "../signing/trust-options.ts";
import { examples } from "./example.ts";

export function addRevoke(program: Command, cli: Cli): void {
  const revoke = program
    .command("revoke")
    .description("take a signed tag back, out of every role that you can sign")
    .argument("<image>", "acme/web:1, or the repository with --all")
    .option("--all", "all tags of the repository");
  withTokenOptions(withKeyOption(withTrustOptions(revoke)))
    .addHelpText("after", examples("revoke acme/web:1", "revoke acme/web --all") + passphraseHelp)
    .action((image: string, options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { runRevoke } = await import("../signing/run-revoke.ts");
        await runRevoke(session, image, options);
        return undefined;
      }),
    );
}
