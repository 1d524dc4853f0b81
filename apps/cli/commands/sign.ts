import type { Command } from "commander";
import { CliError } from "../errors.ts";
import type { Cli } from "../program.ts";
import {
  passphraseHelp,
  withKeyOption,
  withTokenOptions,
  withTrustOptions,
} from "../signing/trust-options.ts";
import { examples } from "./example.ts";

export function addSign(program: Command, cli: Cli): void {
  const sign = program
    .command("sign")
    .description("sign the digest that the registry has now under each tag")
    .argument("<image...>", "acme/web:1, or with its registry: host/acme/web:1")
    .option("--tag <tag>", "the tag to sign for an image that is given by digest")
    .option("--role <role...>", "sign as these roles alone: targets/qa")
    .option("--require-admitted", "exit with 3 where the policy still refuses an image");
  withTokenOptions(withKeyOption(withTrustOptions(sign)))
    .addHelpText(
      "after",
      examples("sign acme/web:1", "sign acme/web@sha256:5e3f... --tag 1 --key key.pem") +
        "\nWho signs: whoever is signed in, or COUNTERSIGN_USER with COUNTERSIGN_PASSWORD\n" +
        "or COUNTERSIGN_PASSWORD_FILE.\n" +
        passphraseHelp,
    )
    .action((images: readonly string[], options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { runSign } = await import("../signing/run-sign.ts");
        const { failures, exitCode } = await runSign(session, images, options);
        if (failures > 0 && images.length > 1)
          throw new CliError("cli/some-failed", `${failures} of ${images.length} are not signed`);
        return exitCode;
      }),
    );
}
