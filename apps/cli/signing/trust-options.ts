import { Option, type Command } from "commander";
import { z } from "zod";

/** What every command that reads or signs trust data can be told beside the options of all commands. */
export const TrustOptions = z.object({
  trustDir: z.string().optional(),
  key: z.string().optional(),
  trustServer: z.string().optional(),
  pkcs11Module: z.string().optional(),
  pkcs11Token: z.string().optional(),
});
export type TrustOptions = z.infer<typeof TrustOptions>;

/** Adds `--trust-dir` and `--trust-server`. */
export function withTrustOptions(command: Command): Command {
  return command
    .option("--trust-dir <dir>", "keys and pins (COUNTERSIGN_TRUST_DIR; ~/.docker/trust)")
    .option("--trust-server <url>", "where the trust data is, if not at the registry");
}

/** Adds `--key` to a command that signs. */
export function withKeyOption(command: Command): Command {
  return command.option(
    "--key <file>",
    "sign with this private key, PEM (COUNTERSIGN_KEY_FILE, COUNTERSIGN_KEY)",
  );
}

/** Adds `--pkcs11-module` and `--pkcs11-token` to a command that can use keys on a token. */
export function withTokenOptions(command: Command): Command {
  return command
    .option("--pkcs11-module <file>", "library of a hardware token (COUNTERSIGN_PKCS11_MODULE)")
    .option("--pkcs11-token <label>", "which token, if several (COUNTERSIGN_PKCS11_TOKEN)");
}

/** As `withTokenOptions`, for a command that needs no key: one list of options then does for all of them. */
export function withTokenOptionsUnused(command: Command): Command {
  return command
    .addOption(new Option("--pkcs11-module <file>").hideHelp())
    .addOption(new Option("--pkcs11-token <label>").hideHelp());
}

/** The passphrase lines below the help of a command that signs. */
export const passphraseHelp =
  "\nPassphrases: asked for on a terminal, else COUNTERSIGN_PASSPHRASE_FILE or\n" +
  "COUNTERSIGN_PASSPHRASE, for one role COUNTERSIGN_ROOT_PASSPHRASE, _TARGETS_,\n" +
  "_SNAPSHOT_, _DELEGATION_; docker's and notary's variables are taken too.\n";
