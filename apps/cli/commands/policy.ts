import { shortenDigests, type Policy, type PolicyPreview } from "#contracts";
import { Option, type Command } from "commander";
import { z } from "zod";
import { CliError } from "../errors.ts";
import type { Cli } from "../program.ts";
import type { Result, Session } from "../session.ts";
import { fields, listed, moment, table } from "../text.ts";
import { examples } from "./example.ts";

const SetOptions = z.object({
  mode: z.enum(["enforce", "warn", "off"]).optional(),
  require: z.array(z.string()).optional(),
  requireNone: z.boolean().default(false),
  minimum: z.array(z.string()).optional(),
});

export function addPolicy(program: Command, cli: Cli): void {
  const policy = program.command("policy").description("which images may run");
  policy
    .command("get")
    .description("show the policy in force")
    .addHelpText("after", examples("policy get"))
    .action((_options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        session.show(resultOf(await session.client("policy")));
        return undefined;
      }),
    );
  policy
    .command("set")
    .description("change the policy; what is not named stays as it is")
    .addOption(
      new Option("--mode <mode>", "enforce: run only signed images").choices([
        "enforce",
        "warn",
        "off",
      ]),
    )
    .option("--require <team...>", "every one of these teams must have signed")
    .option("--require-none", "any active user's signature is enough")
    .option("--minimum <team=people...>", "how many people of a required team must sign")
    .addHelpText(
      "after",
      examples(
        "policy set --mode enforce --require acme/qa acme/security",
        "policy set --mode off",
      ),
    )
    .action((options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const given = SetOptions.parse(options);
        if (given.require !== undefined && given.requireNone)
          throw new CliError("cli/usage", "--require and --require-none exclude each other");
        const current = await session.client("policy");
        const requiredTeams: readonly string[] = given.requireNone
          ? []
          : (given.require ?? current.requiredTeams);
        const wanted = {
          mode: given.mode ?? current.mode,
          requiredTeams: [...requiredTeams],
          minimums: minimumsOf(current, requiredTeams, given.minimum ?? []),
        };
        await consider(session, await session.client("previewPolicy", { body: wanted }));
        session.show(
          resultOf(
            await session.client("setPolicy", { body: { ...wanted, ifVersion: current.version } }),
          ),
        );
        return undefined;
      }),
    );
}

/** The minimums in force for the teams that stay, with those that were named now. Throws `cli/usage`. */
function minimumsOf(
  current: Policy,
  requiredTeams: readonly string[],
  given: readonly string[],
): { team: string; people: number }[] {
  const people = new Map<string, number>(
    (current.minimums ?? []).map((minimum) => [minimum.team, minimum.people]),
  );
  for (const text of given) {
    const [, team = "", count = ""] = /^(.+)=([0-9]{1,3})$/.exec(text) ?? [];
    if (!requiredTeams.includes(team) || Number(count) < 1)
      throw new CliError(
        "cli/usage",
        `${text} is not a required team and a number of people`,
        "write it as --minimum acme/qa=2, and require the team too",
      );
    people.set(team, Number(count));
  }
  return [...people]
    .filter(([team, count]) => requiredTeams.includes(team) && count > 1)
    .map(([team, count]) => ({ team, people: count }));
}

/** Says what the change would do, and asks where it would do harm. */
async function consider(session: Session, preview: PolicyPreview): Promise<void> {
  const { err } = session.world;
  const lost = preview.workloads.workloads.filter(({ verdict }) => verdict.kind === "deny");
  for (const { text } of preview.warnings) err(fields([["warning:", text]]));
  if (lost.length > 0)
    err(
      `warning:  what runs now and would no longer pass (${lost.length}):\n` +
        table(
          ["KIND", "NAME", "IMAGE"],
          lost.map(({ kind, name, image }) => [kind, name, shortenDigests(image)]),
        ),
    );
  if (!preview.workloads.engine) err("warning:  no engine answers; what runs is not known\n");
  if (lost.length > 0 || preview.warnings.length > 0) await session.confirm("Save it?");
}

function resultOf(policy: Policy): Result {
  const by = policy.changedBy === undefined ? "" : ` by ${policy.changedBy}`;
  const people = new Map((policy.minimums ?? []).map((minimum) => [minimum.team, minimum.people]));
  const teams = policy.requiredTeams.map((team) => {
    const count = people.get(team) ?? 1;
    return count > 1 ? `${team} (${count} people)` : team;
  });
  return {
    json: policy,
    ids: [String(policy.version)],
    text: fields([
      ["mode", policy.mode],
      ["signed by", teams.length === 0 ? "any active user" : listed(teams)],
      ["version", String(policy.version)],
      ["changed", policy.changedAt === 0 ? "never" : `${moment(policy.changedAt)}${by}`],
    ]),
  };
}
