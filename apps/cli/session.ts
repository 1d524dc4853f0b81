import type { Client } from "#contracts";
import type { Command } from "commander";
import { readConfig, type Config } from "./config.ts";
import { connect } from "./connect.ts";
import { findCredential, type Credential } from "./credentials.ts";
import { CliError } from "./errors.ts";
import {
  environmentCredentials,
  environmentUser,
  temporarySession,
  type TemporarySession,
} from "./temporary-session.ts";
import type { World } from "./world.ts";

export type ExitCode = 0 | 1 | 2 | 3;

/** What a command has in hand while it runs. */
export type Session = {
  readonly config: Config;
  readonly world: World;
  /** Signed in as COUNTERSIGN_USER, else with COUNTERSIGN_TOKEN, else as `login` did. */
  readonly client: Client;
  /** What `login` stored for this server. */
  readonly credential: Credential | undefined;
  /** Prints the result: the contract's JSON, ids with `-q`, or text for a person. */
  readonly show: (result: Result) => void;
  /** A question with yes or no. Throws `cli/not-confirmed`; `--yes` answers it beforehand. */
  readonly confirm: (question: string) => Promise<void>;
};
export type Result = {
  readonly json: unknown;
  readonly ids: readonly string[];
  readonly text: string;
};
type Action = (session: Session) => Promise<ExitCode | undefined>;

/** Opens a session for one command, and closes it whatever happens. */
export async function inSession(command: Command, world: World, action: Action): Promise<ExitCode> {
  const config = readConfig(command.optsWithGlobals(), world);
  const credential = await findCredential(config.credentialsFile, config.server);
  const connection = await connect(config, config.token ?? credential?.token);
  const temporary = signedInBy(world, config, connection.client);
  try {
    const session: Session = {
      config,
      world,
      client: temporary?.client ?? connection.client,
      credential,
      show: (result) => world.out(printed(result, config)),
      confirm: (question) => confirm(question, config, world),
    };
    return (await action(session)) ?? 0;
  } finally {
    await temporary?.close();
    connection.close();
  }
}

/** A session of COUNTERSIGN_USER for as long as the command runs. */
function signedInBy(world: World, config: Config, anybody: Client): TemporarySession | undefined {
  if (environmentUser(world) === undefined) return undefined;
  return temporarySession(anybody, config, async () => {
    const user = await environmentCredentials(world);
    if (user === undefined) throw new TypeError("a user was named a moment ago");
    return user;
  });
}

/** A result as it was asked for: JSON, ids alone, or text. */
export function printed(result: Result, config: Pick<Config, "format" | "quiet">): string {
  if (config.format === "json") return `${JSON.stringify(result.json, undefined, 2)}\n`;
  return config.quiet ? result.ids.map((id) => `${id}\n`).join("") : result.text;
}

/** Asks a question with yes or no. Throws `cli/not-confirmed`; `--yes` answers it beforehand. */
export async function confirm(question: string, config: Config, world: World): Promise<void> {
  if (config.yes) return;
  if (!world.terminal.canAsk)
    throw new CliError("cli/no-terminal", "this asks for a confirmation", "add --yes");
  const answer = await world.terminal.ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new CliError("cli/not-confirmed", "nothing was changed");
}

/** The named user, or the one who is signed in. */
export async function userOr(session: Session, name: string | undefined): Promise<string> {
  if (name !== undefined) return name;
  const named = environmentUser(session.world);
  if (named !== undefined) return named;
  return session.credential?.user ?? (await session.client("session")).user.name;
}
