import { packageVersion } from "#adapters/io";
import { Command, CommanderError, Option } from "commander";
import { neededCommands, type AddCommand } from "./commands.ts";
import { withSafeTerminal } from "./safe-terminal.ts";
import { registryArguments } from "./registry-arguments.ts";
import type { ExitCode, Session } from "./session.ts";
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
export async function run(args: readonly string[], process: World): Promise<ExitCode> {
  const world = withSafeTerminal(process);
  let exitCode: ExitCode = 0;
  const cli: Cli = {
    world,
    act: async (command, action) => {
      const { inSession } = await import("./session.ts");
      exitCode = await inSession(command, world, action);
    },
  };
  try {
    const program = build(cli, await neededCommands(args));
    await program.parseAsync([...registryArguments(args)], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { reportOf } = await import("./report-error.ts");
    const report = reportOf(error);
    if (report.message !== undefined) world.err(`error: ${report.message}\n`);
    if (report.hint !== undefined) world.err(`hint:  ${report.hint}\n`);
    return report.exitCode;
  }
}

function build(cli: Cli, commands: readonly AddCommand[]): Command {
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
  for (const add of commands) add(program, cli);
  return program;
}
