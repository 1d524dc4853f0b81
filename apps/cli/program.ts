import { packageVersion } from "#adapters/io";
import { Command, Option } from "commander";
import { addBundle } from "./commands/bundle.ts";
import { addDecisions } from "./commands/decisions.ts";
import { addKey } from "./commands/key.ts";
import { addLogin } from "./commands/login.ts";
import { addLogout } from "./commands/logout.ts";
import { addMasterKey } from "./commands/master-key.ts";
import { addOrganization } from "./commands/organization.ts";
import { addPolicy } from "./commands/policy.ts";
import { addRegistry, registryArguments } from "./commands/registry.ts";
import { addServe } from "./commands/serve.ts";
import { addStatus } from "./commands/status.ts";
import { addTeam } from "./commands/team.ts";
import { addUser } from "./commands/user.ts";
import { addWhy } from "./commands/why.ts";
import { addTrust } from "./commands/trust.ts";
import { addWorkloads } from "./commands/workloads.ts";
import { reportOf } from "./report-error.ts";
import { inSession, type ExitCode, type Session } from "./session.ts";
import type { World } from "./world.ts";

/** How a command file adds its actions: each runs in a session of its own. */
export type Cli = {
  readonly world: World;
  readonly act: (
    command: Command,
    action: (session: Session) => Promise<ExitCode | undefined>,
  ) => Promise<void>;
};

/** Runs the command line; the exit code is 0 done, 1 failed, 2 wrong usage, 3 refused by policy. */
export async function run(args: readonly string[], world: World): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const cli: Cli = {
    world,
    act: async (command, action) => {
      exitCode = await inSession(command, world, action);
    },
  };
  try {
    await build(cli).parseAsync([...registryArguments(args)], { from: "user" });
    return exitCode;
  } catch (error) {
    const report = reportOf(error);
    if (report.message !== undefined) world.err(`error: ${report.message}\n`);
    if (report.hint !== undefined) world.err(`hint:  ${report.hint}\n`);
    return report.exitCode;
  }
}

function build(cli: Cli): Command {
  const program = new Command("countersign")
    .description("Run only the images that the right people have signed.")
    .version(packageVersion)
    .addOption(
      new Option("--server <url>", "the server (COUNTERSIGN_SERVER; https://localhost:8443)"),
    )
    .addOption(new Option("--ca <file>", "the server's CA (COUNTERSIGN_CA; ./.countersign/ca.pem)"))
    .addOption(new Option("--format <format>", "text or json").choices(["text", "json"]))
    .addOption(new Option("-q, --quiet", "print ids only, one a line"))
    .addOption(new Option("--yes", "answer yes to questions"))
    .exitOverride()
    .configureHelp({ helpWidth: 80, showGlobalOptions: true })
    .configureOutput({
      writeOut: cli.world.out,
      writeErr: cli.world.err,
      outputError: (text, write) => write(text),
      getOutHelpWidth: () => 80,
      getErrHelpWidth: () => 80,
    })
    .showHelpAfterError("(--help shows how it is used)");
  for (const add of [
    addServe,
    addStatus,
    addLogin,
    addLogout,
    addWhy,
    addWorkloads,
    addDecisions,
    addPolicy,
    addUser,
    addOrganization,
    addTeam,
    addBundle,
    addKey,
    addTrust,
    addMasterKey,
    addRegistry,
  ])
    add(program, cli);
  return program;
}
