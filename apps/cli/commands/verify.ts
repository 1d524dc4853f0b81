import type { Command } from "commander";
import type { Cli } from "../program.ts";
import { withTokenOptionsUnused, withTrustOptions } from "../signing/trust-options.ts";
import { examples } from "./example.ts";

export function addVerify(program: Command, cli: Cli): void {
  const verify = program
    .command("verify")
    .description("verify here who signed an image (exit code 3: not signed, or not to be believed)")
    .argument("<image...>", "acme/web:1, host/acme/web:1 or acme/web@sha256:...");
  withTokenOptionsUnused(withTrustOptions(verify))
    .addHelpText(
      "after",
      examples("verify acme/web:1", "verify registry.example/acme/web:1 -q") +
        "\nNothing that a server says is believed without its signatures: roots and\n" +
        "versions that were seen before are in the trust directory. why asks the policy.\n",
    )
    .action((images: readonly string[], options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { runVerify } = await import("../signing/run-verify.ts");
        return await runVerify(session, images, options);
      }),
    );
}
