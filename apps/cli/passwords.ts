import { resolve } from "node:path";
import { CliError } from "./errors.ts";
import { firstLine, readNamedFile } from "./named-file.ts";
import type { World } from "./world.ts";

type Source = {
  /** `--password-file`; `-` is standard input. */
  readonly file: string | undefined;
  readonly variable: string;
  readonly question: string;
  /** Ask again and compare: for a password that is being set. */
  readonly twice: boolean;
};

/** A password from a file, the environment or a prompt, never from an argument. Throws `cli/*`. */
export async function readPassword(source: Source, world: World): Promise<string> {
  if (source.file !== undefined) return firstLine(await readSource(source.file, world));
  const fromEnvironment = world.env[source.variable];
  if (fromEnvironment) return fromEnvironment;
  if (!world.terminal.canAsk)
    throw new CliError(
      "cli/no-terminal",
      "there is no terminal to ask for the password",
      `use --password-file FILE or set ${source.variable}`,
    );
  const password = await world.terminal.askSecret(source.question);
  if (source.twice && (await world.terminal.askSecret("Once more: ")) !== password)
    throw new CliError("cli/passwords-differ", "the two passwords differ");
  return password;
}

async function readSource(file: string, world: World): Promise<string> {
  if (file === "-") return await world.terminal.readInput();
  return await readNamedFile(resolve(world.workingDirectory, file), "the password file");
}
