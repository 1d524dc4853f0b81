import type { User } from "#contracts";
import { Option, type Command } from "commander";
import { z } from "zod";
import { CliError } from "../errors.ts";
import { readPassword } from "../passwords.ts";
import type { Cli } from "../program.ts";
import type { Result } from "../session.ts";
import { fields, listed, moment, table, yesNo } from "../text.ts";
import { examples } from "./example.ts";

const permissions = ["none", "view-only", "restricted-control", "full-control"] as const;
const permissionOption = (): Option =>
  new Option("--permission <level>", "what the user may do at the gateway").choices(permissions);

const CreateOptions = z.object({
  fullName: z.string().optional(),
  admin: z.boolean().default(false),
  permission: z.enum(permissions).optional(),
  passwordFile: z.string().optional(),
});
const onOff = z.enum(["on", "off"]).transform((value) => value === "on");
const SetOptions = z.object({
  fullName: z.string().optional(),
  admin: onOff.optional(),
  active: onOff.optional(),
  permission: z.enum(permissions).optional(),
});

export function addUser(program: Command, cli: Cli): void {
  const user = program.command("user").description("people");
  addList(user, cli);
  addShow(user, cli);
  addCreate(user, cli);
  addSet(user, cli);
  addPassword(user, cli);
}

function addList(user: Command, cli: Cli): void {
  user
    .command("list")
    .description("list all users")
    .addHelpText("after", examples("user list"))
    .action((_options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const users = await session.client("listUsers");
        session.show({
          json: users,
          ids: users.map(({ name }) => name),
          text: table(
            ["NAME", "ADMIN", "ACTIVE", "PERMISSION", "TEAMS"],
            users.map((one) => [
              one.name,
              yesNo(one.isAdmin),
              yesNo(one.isActive),
              one.permission,
              one.teams.join(" "),
            ]),
          ),
        });
        return undefined;
      }),
    );
}

function addShow(user: Command, cli: Cli): void {
  user
    .command("show")
    .description("show one user")
    .argument("<user>")
    .addHelpText("after", examples("user show alice"))
    .action((name: string, _options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        session.show(resultOf(await session.client("user", { params: { user: name } })));
        return undefined;
      }),
    );
}

function addCreate(user: Command, cli: Cli): void {
  user
    .command("create")
    .description("create a user")
    .argument("<user>", "lower-case letters and digits, with single . _ - between them")
    .option("--full-name <text>", "how people call them")
    .option("--admin", "may change settings and people")
    .addOption(permissionOption())
    .option("--password-file <file>", "first line of this file; - is standard input")
    .addHelpText(
      "after",
      examples("user create alice", "user create bob --permission full-control") +
        "\nThe password is asked for, or taken from COUNTERSIGN_NEW_PASSWORD.\n",
    )
    .action((name: string, options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const given = CreateOptions.parse(options);
        const password = await newPassword(cli, name, given.passwordFile);
        const made = await session.client("createUser", {
          body: {
            name,
            password,
            isAdmin: given.admin,
            ...(given.fullName === undefined ? {} : { fullName: given.fullName }),
            ...(given.permission === undefined ? {} : { permission: given.permission }),
          },
        });
        session.show(resultOf(made));
        return undefined;
      }),
    );
}

function addSet(user: Command, cli: Cli): void {
  user
    .command("set")
    .description("change a user; what is not named stays as it is")
    .argument("<user>")
    .option("--full-name <text>", "how people call them")
    .addOption(new Option("--admin <on|off>", "cluster admin").choices(["on", "off"]))
    .addOption(
      new Option("--active <on|off>", "off: can neither sign in nor countersign").choices([
        "on",
        "off",
      ]),
    )
    .addOption(permissionOption())
    .addHelpText(
      "after",
      examples("user set bob --permission view-only", "user set bob --active off"),
    )
    .action((name: string, options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { fullName, admin, active, permission } = SetOptions.parse(options);
        const body = {
          ...(fullName === undefined ? {} : { fullName }),
          ...(admin === undefined ? {} : { isAdmin: admin }),
          ...(active === undefined ? {} : { isActive: active }),
          ...(permission === undefined ? {} : { permission }),
        };
        if (Object.keys(body).length === 0)
          throw new CliError(
            "cli/usage",
            "nothing to change was named",
            "countersign user set --help lists what can be",
          );
        session.show(
          resultOf(await session.client("updateUser", { params: { user: name }, body })),
        );
        return undefined;
      }),
    );
}

function addPassword(user: Command, cli: Cli): void {
  user
    .command("password")
    .description("set a user's password")
    .argument("<user>")
    .option("--password-file <file>", "first line of this file; - is standard input")
    .addHelpText("after", examples("user password alice"))
    .action((name: string, options: { readonly passwordFile?: string }, command: Command) =>
      cli.act(command, async (session) => {
        const password = await newPassword(cli, name, options.passwordFile);
        const changed = await session.client("updateUser", {
          params: { user: name },
          body: { password },
        });
        session.show({
          json: changed,
          ids: [changed.name],
          text: `the password of ${changed.name} is changed\n`,
        });
        return undefined;
      }),
    );
}

function newPassword(cli: Cli, name: string, file: string | undefined): Promise<string> {
  return readPassword(
    {
      file,
      variable: "COUNTERSIGN_NEW_PASSWORD",
      question: `New password of ${name}: `,
      twice: true,
    },
    cli.world,
  );
}

function resultOf(user: User): Result {
  return {
    json: user,
    ids: [user.name],
    text: fields([
      ["name", user.name],
      ["full name", user.fullName],
      ["admin", yesNo(user.isAdmin)],
      ["active", yesNo(user.isActive)],
      ["permission", user.permission],
      ["teams", listed(user.teams) || "none"],
      ["created", moment(user.createdAt)],
    ]),
  };
}
