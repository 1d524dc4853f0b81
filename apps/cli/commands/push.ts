import type { Command } from "commander";
import type { Cli } from "../program.ts";
import {
  passphraseHelp,
  withKeyOption,
  withTokenOptions,
  withTrustOptions,
} from "../signing/trust-options.ts";
import { examples } from "./example.ts";

export function addPush(program: Command, cli: Cli): void {
  const push = program
    .command("push")
    .description("push an image from a Docker engine or a file, and sign what was pushed")
    .argument("<image>", "where to: acme/web:1, or with its registry: host/acme/web:1")
    .option("--from <source>", "docker://NAME, oci:DIR, oci-archive:FILE, docker-archive:FILE")
    .option("--no-sign", "push only")
    .option("--mount-from <repository...>", "has layers of it already, in the same registry")
    .option("--role <role...>", "sign as these roles alone: targets/qa")
    .option("--require-admitted", "exit with 3 where the policy still refuses the image");
  withTokenOptions(withKeyOption(withTrustOptions(push)))
    .addHelpText(
      "after",
      examples("push acme/web:1", "push acme/web:1 --from oci:build/image --key key.pem") +
        "\nWithout --from the image of that name comes from the engine that docker uses\n" +
        "(DOCKER_HOST, the current context). Of several images in a file one is named\n" +
        "behind a colon: oci:DIR:1, docker-archive:FILE:acme/web:1; - is standard input.\n" +
        "\nWho pushes and signs: whoever is signed in, or COUNTERSIGN_USER with\n" +
        "COUNTERSIGN_PASSWORD or COUNTERSIGN_PASSWORD_FILE.\n" +
        passphraseHelp,
    )
    .action((image: string, options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { runPush } = await import("../push/run-push.ts");
        return await runPush(session, image, options);
      }),
    );
}
