import type { Command } from "commander";
import type { Cli } from "../program.ts";
import {
  passphraseHelp,
  withKeyOption,
  withTokenOptions,
  withTokenOptionsUnused,
  withTrustOptions,
} from "../signing/trust-options.ts";
import { examples } from "./example.ts";

export function addSigner(program: Command, cli: Cli): void {
  const signer = program.command("signer").description("who may sign a repository");
  const add = signer
    .command("add")
    .description("let users sign a repository, with the keys that the server knows of them")
    .argument("<repository>", "acme/web")
    .argument("<user...>", "an account; with --public-key any name")
    .option("--public-key <file...>", "this key instead: PEM public key or certificate")
    .option("--role <role>", "sign as this role instead of targets/USER")
    .option("--keep-approvals", "what the server has kept of a removed signer counts again");
  withTokenOptions(withKeyOption(withTrustOptions(add)))
    .addHelpText(
      "after",
      examples(
        "signer add acme/web bob carol",
        "signer add acme/web ci --public-key ci.pem --role targets/ci",
      ) +
        "\nIt takes the repository's targets key; a repository without trust data is begun.\n" +
        passphraseHelp,
    )
    .action((repository: string, users: readonly string[], options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { runSignerAdd } = await import("../signing/run-signer.ts");
        await runSignerAdd(session, repository, users, options);
        return undefined;
      }),
    );
  const remove = signer
    .command("remove")
    .description("take a signer's role away, and its keys out of targets/releases")
    .argument("<repository>", "acme/web")
    .argument("<user>", "an account, or a role: targets/ci");
  withTokenOptions(withKeyOption(withTrustOptions(remove)))
    .addHelpText("after", examples("signer remove acme/web bob") + passphraseHelp)
    .action((repository: string, user: string, options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { runSignerRemove } = await import("../signing/run-signer.ts");
        await runSignerRemove(session, { repository, user }, options);
        return undefined;
      }),
    );
  const list = signer
    .command("list")
    .description("list the roles of a repository and the people who sign as them")
    .argument("<repository>", "acme/web");
  withTokenOptionsUnused(withTrustOptions(list))
    .addHelpText("after", examples("signer list acme/web"))
    .action((repository: string, options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { runSignerList } = await import("../signing/run-signer.ts");
        await runSignerList(session, repository, options);
        return undefined;
      }),
    );
}
