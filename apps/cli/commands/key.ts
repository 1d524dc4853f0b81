import type { AccountKey } from "#contracts";
import type { Command } from "commander";
import { basename, resolve } from "node:path";
import { CliError } from "../errors.ts";
import { readNamedFile } from "../named-file.ts";
import type { Cli } from "../program.ts";
import { userOr, type Result } from "../session.ts";
import { fields, moment, table } from "../text.ts";
import { examples } from "./example.ts";
import { addPrivateKeyCommands } from "./key-private.ts";

export function addKey(program: Command, cli: Cli): void {
  const key = program
    .command("key")
    .description("keys: the public ones of accounts, and the private ones held here");
  addList(key, cli);
  addAdd(key, cli);
  addRevoke(key, cli);
  addPrivateKeyCommands(key, cli);
}

function addList(key: Command, cli: Cli): void {
  key
    .command("list")
    .description("list the public keys of a user")
    .argument("[user]", "yourself when left out")
    .addHelpText("after", examples("key list alice"))
    .action((user: string | undefined, _options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const name = await userOr(session, user);
        const keys = await session.client("listKeys", { params: { user: name } });
        session.show({
          json: keys,
          ids: keys.map(({ fingerprint }) => fingerprint),
          text: table(
            ["FINGERPRINT", "CREATED", "STATE", "LABEL"],
            keys.map((one) => [
              one.fingerprint.slice(0, shownDigits),
              moment(one.createdAt),
              one.revokedAt === undefined ? "valid" : "revoked",
              one.label,
            ]),
          ),
        });
        return undefined;
      }),
    );
}

function addAdd(key: Command, cli: Cli): void {
  key
    .command("add")
    .description("add a public key to a user: one that was made elsewhere")
    .argument("<user>")
    .argument("<file>", "PEM: CERTIFICATE REQUEST; from an admin also PUBLIC KEY or CERTIFICATE")
    .option("--label <text>", "what the key is; the file's name when left out")
    .addHelpText("after", examples("key add alice alice.pem --label laptop"))
    .action((user: string, file: string, options: { readonly label?: string }, command: Command) =>
      cli.act(command, async (session) => {
        const pem = await readPem(resolve(cli.world.workingDirectory, file));
        const label = options.label ?? basename(file);
        const added = await session.client("addKey", {
          params: { user },
          body: { label, pem },
        });
        session.show(resultOf(added));
        return undefined;
      }),
    );
}

function addRevoke(key: Command, cli: Cli): void {
  key
    .command("revoke")
    .description("revoke a user's key: its signatures and certificate stop counting")
    .argument("<user>")
    .argument("<fingerprint>", "or its first digits, at least 8")
    .addHelpText("after", examples("key revoke alice 1f0c9a77"))
    .action((user: string, start: string, _options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const keys = await session.client("listKeys", { params: { user } });
        const { fingerprint, label } = theKey(keys, start, user);
        await session.confirm(`Revoke ${fingerprint.slice(0, shownDigits)} (${label}) of ${user}?`);
        await session.client("revokeKey", { params: { user, fingerprint } });
        session.show({
          json: { user, fingerprint },
          ids: [fingerprint],
          text: `key ${fingerprint.slice(0, shownDigits)} of ${user} is revoked\n`,
        });
        return undefined;
      }),
    );
}

const shownDigits = 16;

async function readPem(file: string): Promise<string> {
  const text = await readNamedFile(file, "the key file");
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    throw new CliError(
      "cli/usage",
      `${file} holds a private key, which must not leave its owner`,
      "give the public key or the certificate",
    );
  return text;
}

function theKey(keys: readonly AccountKey[], start: string, user: string): AccountKey {
  if (!/^[0-9a-f]{8,64}$/.test(start))
    throw new CliError("cli/usage", "a fingerprint is 64 hex digits, or its first 8 or more");
  const [found, ...more] = keys.filter(({ fingerprint }) => fingerprint.startsWith(start));
  if (found === undefined || more.length > 0)
    throw new CliError(
      "cli/key-unknown",
      `${user} has ${found === undefined ? "no" : "more than one"} key ${start}`,
      `countersign key list ${user} shows all`,
    );
  return found;
}

function resultOf(key: AccountKey): Result {
  return {
    json: key,
    ids: [key.fingerprint],
    text: fields([
      ["key", key.fingerprint],
      ["label", key.label],
      ["created", moment(key.createdAt)],
      ["revoked", key.revokedAt === undefined ? undefined : moment(key.revokedAt)],
    ]),
  };
}
