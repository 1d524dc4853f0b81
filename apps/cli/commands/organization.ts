import type { Command } from "commander";
import type { Cli } from "../program.ts";
import { fields, moment, table } from "../text.ts";
import { examples } from "./example.ts";

export function addOrganization(program: Command, cli: Cli): void {
  const organization = program.command("org").description("organizations, which own teams");
  organization
    .command("list")
    .description("list all organizations")
    .addHelpText("after", examples("org list"))
    .action((_options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const all = await session.client("listOrganizations");
        session.show({
          json: all,
          ids: all.map(({ name }) => name),
          text: table(
            ["NAME", "CREATED", "FULL NAME"],
            all.map((one) => [one.name, moment(one.createdAt), one.fullName]),
          ),
        });
        return undefined;
      }),
    );
  organization
    .command("create")
    .description("create an organization: its name is also a namespace of the registry")
    .argument("<organization>")
    .option("--full-name <text>", "its name for people")
    .addHelpText("after", examples("org create acme --full-name 'Acme Corporation'"))
    .action((name: string, options: { readonly fullName?: string }, command: Command) =>
      cli.act(command, async (session) => {
        const { fullName } = options;
        const made = await session.client("createOrganization", {
          body: { name, ...(fullName === undefined ? {} : { fullName }) },
        });
        session.show({
          json: made,
          ids: [made.name],
          text: fields([
            ["name", made.name],
            ["full name", made.fullName],
            ["created", moment(made.createdAt)],
          ]),
        });
        return undefined;
      }),
    );
}
