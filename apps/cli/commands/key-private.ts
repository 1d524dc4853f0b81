import type { Command } from "commander";
import { z } from "zod";
import type { Cli } from "../program.ts";
import type { ExitCode, Session } from "../session.ts";
import {
  passphraseHelp,
  TrustOptions,
  withTokenOptions,
  withTrustOptions,
} from "../signing/trust-options.ts";
import { examples } from "./example.ts";

const Options = TrustOptions.extend({
  role: z.string().optional(),
  repository: z.string().optional(),
  onToken: z.boolean().default(false),
  toServer: z.boolean().default(false),
  to: z.array(z.string()).optional(),
  public: z.boolean().default(false),
  rootOnly: z.boolean().default(false),
  locked: z.boolean().default(false),
  newPassphrases: z.boolean().default(false),
  replace: z.boolean().default(false),
  offline: z.boolean().default(false),
  all: z.boolean().default(false),
});
type Options = z.infer<typeof Options>;

/** The commands below `key` for private keys, which stay on this machine. */
export function addPrivateKeyCommands(key: Command, cli: Cli): void {
  const act = (
    command: Command,
    action: (session: Session, options: Options) => Promise<ExitCode | undefined | void>,
  ): Promise<void> =>
    cli.act(
      command,
      async (session) => (await action(session, Options.parse(command.opts()))) ?? 0,
    );
  addBackup(key, act);
  addRestore(key, act);
  addDoctor(key, act);
  addMaking(key, act);
  addRotate(key, act);
}

type Act = (
  command: Command,
  action: (session: Session, options: Options) => Promise<ExitCode | undefined | void>,
) => Promise<void>;

const inDirectory = (command: Command): Command =>
  command.option("--trust-dir <dir>", "keys and pins (COUNTERSIGN_TRUST_DIR; ~/.docker/trust)");

const backupHelp =
  "\nThe backup's own passphrase: asked for on a terminal, else\n" +
  "COUNTERSIGN_BACKUP_PASSPHRASE_FILE or COUNTERSIGN_BACKUP_PASSPHRASE.\n";

function addBackup(key: Command, act: Act): void {
  inDirectory(key.command("backup"))
    .description("all private keys and pins in one encrypted file, checked after writing")
    .argument("<file>")
    .option("--root-only", "only root keys")
    .option("--locked", "take keys that are not opened as they are, under their own passphrase")
    .addHelpText(
      "after",
      examples("key backup /media/usb/keys.backup") + backupHelp + passphraseHelp,
    )
    .action((file: string, _options: unknown, command: Command) =>
      act(command, async (session, options) => {
        const { runBackup } = await import("../keys/run-backup.ts");
        await runBackup(session, file, options);
      }),
    );
}

function addRestore(key: Command, act: Act): void {
  inDirectory(key.command("restore"))
    .description("bring keys and pins back from a backup; what is held stays as it is")
    .argument("<file>")
    .option("--new-passphrases", "for keys whose own passphrases are forgotten")
    .option("--replace", "replace the files of keys that are held already")
    .addHelpText(
      "after",
      examples("key restore keys.backup", "key restore keys.backup --new-passphrases") + backupHelp,
    )
    .action((file: string, _options: unknown, command: Command) =>
      act(command, async (session, options) => {
        const { runRestore } = await import("../keys/run-backup.ts");
        await runRestore(session, file, options);
      }),
    );
}

function addDoctor(key: Command, act: Act): void {
  withTokenOptions(withTrustOptions(key.command("doctor")))
    .description("what each key held here is for, what depends on it, what expires")
    .option("--offline", "ask no server: by what was last seen")
    .addHelpText(
      "after",
      examples("key doctor", "key doctor --format json") +
        "\nExit code 1: something needs attention.\n",
    )
    .action((_options: unknown, command: Command) =>
      act(command, async (session, options) => {
        const { runDoctor } = await import("../keys/run-doctor.ts");
        return await runDoctor(session, options);
      }),
    );
}

function addMaking(key: Command, act: Act): void {
  withTokenOptions(inDirectory(key.command("generate")))
    .description("make a private key, and keep it here or on a token")
    .option("--role <name>", "root, or the name of a delegation or signer", "root")
    .option("--on-token", "on the hardware token, which never gives it away")
    .addHelpText("after", examples("key generate --on-token") + passphraseHelp)
    .action((_options: unknown, command: Command) =>
      act(command, async (session, options) => {
        const { runGenerate } = await import("../keys/run-keys.ts");
        await runGenerate(session, { ...options, role: options.role ?? "root" });
      }),
    );
  inDirectory(key.command("import"))
    .description("keep private keys that were made elsewhere: key.pem of a client bundle")
    .argument("<file>", "PEM")
    .option("--role <name>", "for a key that does not say its role; delegation when left out")
    .option("--repository <gun>", "for a targets or snapshot key that does not say it")
    .addHelpText("after", examples("key import key.pem --role alice") + passphraseHelp)
    .action((file: string, _options: unknown, command: Command) =>
      act(command, async (session, options) => {
        const { runImport } = await import("../keys/run-keys.ts");
        await runImport(session, file, options);
      }),
    );
  withTokenOptions(inDirectory(key.command("export")))
    .description("print a private key as PEM, under its passphrase, or its public half")
    .argument("<id>", "or its first digits, at least 7")
    .option("--public", "the public half")
    .addHelpText("after", examples("key export 1f0c9a77 > key.pem"))
    .action((id: string, _options: unknown, command: Command) =>
      act(command, async (session, options) => {
        const { runExport } = await import("../keys/run-keys.ts");
        await runExport(session, id, options);
      }),
    );
  inDirectory(key.command("passphrase"))
    .description("change the passphrase of a private key")
    .argument("<id>", "or its first digits, at least 7")
    .addHelpText("after", examples("key passphrase 1f0c9a77"))
    .action((id: string, _options: unknown, command: Command) =>
      act(command, async (session, options) => {
        const { runPassphrase } = await import("../keys/run-keys.ts");
        await runPassphrase(session, id, options);
      }),
    );
  withTokenOptions(key.command("tokens"))
    .description("list the hardware tokens that a PKCS#11 library has")
    .addHelpText("after", examples("key tokens --pkcs11-module /usr/lib/softhsm/libsofthsm2.so"))
    .action((_options: unknown, command: Command) =>
      act(command, async (session, options) => {
        const { runTokens } = await import("../keys/run-keys.ts");
        await runTokens(session, options);
      }),
    );
}

function addRotate(key: Command, act: Act): void {
  withTokenOptions(withTrustOptions(key.command("rotate")))
    .description("give a repository another root, targets or snapshot key, and publish that")
    .argument("<repository>")
    .argument("<role>", "root, targets or snapshot")
    .option("--to <id...>", "keys that are held here, instead of a new one")
    .option("--on-token", "the token's key of that role, or a new one there")
    .option("--to-server", "snapshot: a key that the server keeps")
    .addHelpText(
      "after",
      examples("key rotate acme/web targets", "key rotate acme/web root --on-token") +
        passphraseHelp,
    )
    .action((repository: string, role: string, _options: unknown, command: Command) =>
      act(command, async (session, options) => {
        const { runRotate } = await import("../keys/run-keys.ts");
        await runRotate(session, { repository, role }, options);
      }),
    );
  withTokenOptions(withTrustOptions(key.command("renew")))
    .description("sign again what runs out within half a year, with the keys held here")
    .argument("<repository>")
    .option("--all", "also what has longer to go")
    .addHelpText("after", examples("key renew acme/web") + passphraseHelp)
    .action((repository: string, _options: unknown, command: Command) =>
      act(command, async (session, options) => {
        const { runRenew } = await import("../keys/run-keys.ts");
        await runRenew(session, repository, options);
      }),
    );
}
