import type { Command } from "commander";
import { storeCredential } from "../credentials.ts";
import { CliError } from "../errors.ts";
import { readPassword } from "../passwords.ts";
import type { Cli } from "../program.ts";
import { moment } from "../text.ts";
import { examples } from "./example.ts";

export function addLogin(program: Command, cli: Cli): void {
  program
    .command("login")
    .description("sign in; the session is kept in ~/.config/countersign/credentials.json")
    .argument("[user]", "your name; asked for when left out")
    .option("--password-file <file>", "first line of this file; - is standard input")
    .addHelpText(
      "after",
      examples("login alice", "login alice --password-file secret.txt") +
        "\nCOUNTERSIGN_PASSWORD in the environment is used when it is set.\n",
    )
    .action(
      (user: string | undefined, options: { readonly passwordFile?: string }, command: Command) =>
        cli.act(command, async (session) => {
          const { terminal } = cli.world;
          if (user === undefined && !terminal.canAsk)
            throw new CliError("cli/usage", "who signs in is missing", "countersign login USER");
          const username = user ?? (await terminal.ask("User: ")).trim();
          const password = await readPassword(
            {
              file: options.passwordFile,
              variable: "COUNTERSIGN_PASSWORD",
              question: "Password: ",
              twice: false,
            },
            cli.world,
          );
          const opened = await session.client("signIn", {
            body: { username, password, transport: "bearer" },
          });
          const { token, expiresAt } = opened;
          if (token === undefined)
            throw new TypeError("a bearer session was asked for, and it came without a token");
          const { server, credentialsFile } = session.config;
          await storeCredential(credentialsFile, {
            server,
            user: opened.user.name,
            token,
            expiresAt,
          });
          session.show({
            json: { user: opened.user, expiresAt },
            ids: [opened.user.name],
            text: `signed in to ${server} as ${opened.user.name} until ${moment(expiresAt)}\n`,
          });
          return undefined;
        }),
    );
}
