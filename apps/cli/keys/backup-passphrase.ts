import { resolve } from "node:path";
import { CliError } from "../errors.ts";
import { firstLine, readNamedFile } from "../named-file.ts";
import type { World } from "../world.ts";

const leastCharacters = 8;
const about = `The backup gets a passphrase of its own: it alone brings all keys back, also those whose own
passphrases are forgotten. Choose a long one, and keep it apart from the file.
`;

/** The passphrase of a backup, from a file, the environment or the terminal; asked for twice where it is a new one. */
export async function backupPassphrase(
  world: World,
  how: { readonly isNew: boolean },
): Promise<string> {
  const { env, terminal, workingDirectory } = world;
  const file = env["COUNTERSIGN_BACKUP_PASSPHRASE_FILE"];
  const given = file
    ? firstLine(await readNamedFile(resolve(workingDirectory, file), "the passphrase file"))
    : env["COUNTERSIGN_BACKUP_PASSPHRASE"] || undefined;
  if (given !== undefined) return how.isNew ? longEnough(given) : given;
  if (!terminal.canAsk)
    throw new CliError(
      "cli/no-terminal",
      "there is no terminal to ask for the backup's passphrase",
      "set COUNTERSIGN_BACKUP_PASSPHRASE_FILE or COUNTERSIGN_BACKUP_PASSPHRASE",
    );
  if (!how.isNew) return await terminal.askSecret("Passphrase of the backup: ");
  world.err(about);
  const passphrase = longEnough(await terminal.askSecret("New passphrase for the backup: "));
  if ((await terminal.askSecret("Once more: ")) === passphrase) return passphrase;
  throw new CliError("cli/passwords-differ", "the two passphrases differ", "nothing was written");
}

function longEnough(passphrase: string): string {
  if (passphrase.length >= leastCharacters) return passphrase;
  throw new CliError(
    "cli/usage",
    `a backup's passphrase has at least ${leastCharacters} characters`,
    "nothing was written",
  );
}
