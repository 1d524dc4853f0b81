import type { Team } from "#contracts";
import { Option, type Command } from "commander";
import { z } from "zod";
import { CliError } from "../errors.ts";
import type { Cli } from "../program.ts";
import type { Result, Session } from "../session.ts";
import { fields, listed, table } from "../text.ts";
import { examples } from "./example.ts";

const rights = ["read", "write", "admin"] as const;
const CreateOptions = z.object({
  description: z.string().optional(),
  right: z.enum(rights).optional(),
});

export function addTeam(program: Command, cli: Cli): void {
  const team = program.command("team").description("teams, whose signatures the policy asks for");
  addList(team, cli);
  addShow(team, cli);
  addCreate(team, cli);
  addDelete(team, cli);
  addMembers(team, cli);
}

function addList(team: Command, cli: Cli): void {
  team
    .command("list")
    .description("list all teams")
    .addHelpText("after", examples("team list"))
    .action((_options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const teams = await session.client("listTeams");
        session.show({
          json: teams,
          ids: teams.map(({ name }) => name),
          text: table(
            ["NAME", "RIGHT", "CAN SIGN", "MEMBERS"],
            teams.map((one) => [
              one.name,
              one.right,
              String(one.canSign.length),
              one.members.join(" "),
            ]),
          ),
        });
        return undefined;
      }),
    );
}

function addShow(team: Command, cli: Cli): void {
  team
    .command("show")
    .description("show one team")
    .argument("<team>", "organization/team")
    .addHelpText("after", examples("team show acme/qa"))
    .action((name: string, _options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const found = (await session.client("listTeams")).find((one) => one.name === name);
        if (found === undefined)
          throw new CliError(
            "cli/team-unknown",
            `there is no team ${name}`,
            "countersign team list shows all",
          );
        session.show(resultOf(found));
        return undefined;
      }),
    );
}

function addCreate(team: Command, cli: Cli): void {
  team
    .command("create")
    .description("create a team in an organization")
    .argument("<team>", "organization/team")
    .option("--description <text>", "what it is for")
    .addOption(new Option("--right <right>", "on the organization's repositories").choices(rights))
    .addHelpText("after", examples("team create acme/qa --right write"))
    .action((name: string, options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { description, right } = CreateOptions.parse(options);
        const made = await session.client("createTeam", {
          body: {
            name,
            ...(description === undefined ? {} : { description }),
            ...(right === undefined ? {} : { right }),
          },
        });
        session.show(resultOf(made));
        return undefined;
      }),
    );
}

function addDelete(team: Command, cli: Cli): void {
  team
    .command("delete")
    .description("delete a team; a policy that asks for it can then not be met")
    .argument("<team>", "organization/team")
    .addHelpText("after", examples("team delete acme/qa"))
    .action((name: string, _options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const params = halves(name);
        await session.confirm(`Delete team ${name}?`);
        await session.client("deleteTeam", { params });
        session.show({ json: { name }, ids: [name], text: `team ${name} is deleted\n` });
        return undefined;
      }),
    );
}

function addMembers(team: Command, cli: Cli): void {
  const change = (
    verb: "add" | "remove",
    operation: "addMember" | "removeMember",
    about: string,
  ): void => {
    team
      .command(verb)
      .description(about)
      .argument("<team>", "organization/team")
      .argument("<user...>")
      .addHelpText("after", examples(`team ${verb} acme/qa alice`))
      .action((name: string, users: readonly string[], _options: unknown, command: Command) =>
        cli.act(command, (session) => eachMember(session, operation, name, users)),
      );
  };
  change("add", "addMember", "make users members of a team");
  change("remove", "removeMember", "end users' membership; their signatures stop counting for it");
}

async function eachMember(
  session: Session,
  operation: "addMember" | "removeMember",
  name: string,
  users: readonly string[],
): Promise<undefined> {
  let changed: Team | undefined;
  for (const user of users)
    changed = await session.client(operation, { params: { ...halves(name), user } });
  if (changed !== undefined) session.show(resultOf(changed));
  return undefined;
}

function halves(name: string): { readonly organization: string; readonly team: string } {
  const [organization = "", team = "", ...rest] = name.split("/");
  if (organization === "" || team === "" || rest.length > 0)
    throw new CliError("cli/usage", `${name} is not a team`, "write it as organization/team");
  return { organization, team };
}

function resultOf(team: Team): Result {
  return {
    json: team,
    ids: [team.name],
    text: fields([
      ["name", team.name],
      ["description", team.description],
      ["right", team.right],
      ["members", listed(team.members) || "none"],
      ["can sign", listed(team.canSign) || "nobody: no active member owns a key"],
    ]),
  };
}
