import type { Flag } from "#apps/drop-in";
import type { Invocation } from "./invocation.ts";

export type Command = {
  /** The words after `notary`: `key rotate`. */
  readonly name: string;
  /** What stands after the name in its usage. */
  readonly takes: string;
  /** One line, for the list of commands. */
  readonly short: string;
  readonly long: string;
  readonly flags: readonly Flag[];
  /** A group has none. */
  readonly load?: () => Promise<{ readonly run: (invocation: Invocation) => Promise<void> }>;
};

const text = (name: string, help: string, short?: string): Flag =>
  short === undefined ? { name, kind: "string", help } : { name, short, kind: "string", help };
const texts = (name: string, help: string, short?: string): Flag =>
  short === undefined ? { name, kind: "strings", help } : { name, short, kind: "strings", help };
const yes = (name: string, help: string, short?: string): Flag =>
  short === undefined ? { name, kind: "bool", help } : { name, short, kind: "bool", help };

const publish = yes("publish", "Publish at once; what was staged before is published too.", "p");
const custom = text("custom", "File with custom data for the target: JSON");

export const globalFlags: readonly Flag[] = [
  text("configFile", "Configuration file to use", "c"),
  yes("debug", "Debug output", "D"),
  text("server", "Trust server to talk to", "s"),
  text("tlscacert", "Trust servers that this CA has certified, and no others"),
  text("tlscert", "Client certificate for TLS"),
  text("tlskey", "Key of the client certificate"),
  text("trustDir", "Directory that keeps keys, staged changes and trust data", "d"),
  yes("verbose", "Verbose output", "v"),
];
export const versionFlag = yes("version", "Print the version number of notary");

export const commands: readonly Command[] = [
  {
    name: "add",
    takes: "[ GUN ] <target> <file> [flags]",
    short: "Adds a file to a trusted collection.",
    long: "Stages a file as a target of the trusted collection with the given Globally Unique Name. Nothing is sent until `publish`.",
    flags: [custom, publish, texts("roles", "Delegation roles to add the target to", "r")],
    load: () => import("./commands/add.ts"),
  },
  {
    name: "addhash",
    takes: "[ GUN ] <target> <byte size> <hashes> [flags]",
    short: "Adds a size and hashes to a trusted collection.",
    long: "Stages a size in bytes and one or two hashes as a target of the trusted collection with the given Globally Unique Name. Nothing is sent until `publish`.",
    flags: [
      custom,
      publish,
      texts("roles", "Delegation roles to add the target to", "r"),
      text("sha256", "sha256 of the target, in hex"),
      text("sha512", "sha512 of the target, in hex"),
    ],
    load: () => import("./commands/addhash.ts"),
  },
  {
    name: "completion",
    takes: "[bash|fish|zsh]",
    short: "Prints a completion script for a shell",
    long: "Prints a script that completes the names of commands and flags in bash, fish or zsh.",
    flags: [],
    load: () => import("./commands/completion.ts"),
  },
  {
    name: "delegation",
    takes: "[command]",
    short: "Operates on delegations.",
    long: "Operations on delegations: who else may sign.",
    flags: [],
  },
  {
    name: "delegation add",
    takes: "[ GUN ] [ Role ] <X509 file path 1> ... [flags]",
    short: "Adds keys and paths to a delegation, and makes it where it is not there yet.",
    long: "Stages keys (PEM certificates or public keys) and paths for a delegation of the trusted collection with the given Globally Unique Name.",
    flags: [
      yes("all-paths", "Add all paths to this delegation"),
      texts("paths", "Paths to add"),
      publish,
    ],
    load: () => import("./commands/delegation-add.ts"),
  },
  {
    name: "delegation list",
    takes: "[ GUN ] [flags]",
    short: "Lists delegations.",
    long: "Lists the delegations of the trusted collection with the given Globally Unique Name.",
    flags: [],
    load: () => import("./commands/delegation-list.ts"),
  },
  {
    name: "delegation purge",
    takes: "[ GUN ] [flags]",
    short: "Takes keys out of all delegations.",
    long: "Stages that keys are taken out of every delegation of the trusted collection with the given Globally Unique Name, as far as the signing keys for that are held here.",
    flags: [texts("key", "Ids of the keys to take out"), publish],
    load: () => import("./commands/delegation-purge.ts"),
  },
  {
    name: "delegation remove",
    takes: "[ GUN ] [ Role ] <KeyID 1> ... [flags]",
    short: "Takes keys or paths out of a delegation, or removes it.",
    long: "Stages that keys or paths are taken out of a delegation of the trusted collection with the given Globally Unique Name. Without any, the delegation itself is removed.",
    flags: [
      yes("all-paths", "Remove all paths from this delegation"),
      texts("paths", "Paths to remove"),
      publish,
      yes("yes", "Answer yes to the question before a removal", "y"),
    ],
    load: () => import("./commands/delegation-remove.ts"),
  },
  {
    name: "delete",
    takes: "[ GUN ] [flags]",
    short: "Deletes the trust data of a collection",
    long: "Deletes what is kept here of the trusted collection with the given Globally Unique Name, and what the server has where that is asked. Keys stay.",
    flags: [yes("remote", "Delete what the server has, too")],
    load: () => import("./commands/delete.ts"),
  },
  {
    name: "help",
    takes: "[command] [flags]",
    short: "Help about any command",
    long: "Shows how a command is used.",
    flags: [],
  },
  {
    name: "init",
    takes: "[ GUN ] [flags]",
    short: "Initializes a trusted collection.",
    long: "Makes the keys and the first files of the trusted collection with the given Globally Unique Name. The server is asked for its keys; `publish` sends the collection.",
    flags: [
      publish,
      text("rootcert", "Certificate of the root key to use in place of a new one"),
      text("rootkey", "File with the root key to use, encrypted"),
    ],
    load: () => import("./commands/init.ts"),
  },
  {
    name: "key",
    takes: "[command]",
    short: "Operates on keys.",
    long: "Operations on private keys.",
    flags: [],
  },
  {
    name: "key export",
    takes: "[flags]",
    short: "Exports keys, encrypted as they are: all, or those of --key or --gun.",
    long: "Writes private keys to standard output or to a file, encrypted as they are kept: all, or those of --key or --gun.",
    flags: [
      texts("gun", "GUN whose keys to export"),
      texts("key", "Ids of the keys to export"),
      text("output", "File to write to", "o"),
    ],
    load: () => import("./commands/key-export.ts"),
  },
  {
    name: "key generate",
    takes: "[ algorithm ] [flags]",
    short: "Generates a new key.",
    long: "Generates a new key, by default a root key. With --output it is not kept, but written to <output>-key.pem, and its public half to <output>.pem.",
    flags: [
      text("output", "Beginning of the names of the files to write", "o"),
      {
        name: "role",
        short: "r",
        kind: "string",
        help: "Role of the key",
        default: "root",
      },
    ],
    load: () => import("./commands/key-generate.ts"),
  },
  {
    name: "key import",
    takes: "pemfile [ pemfile ... ] [flags]",
    short: "Imports the keys in PEM files",
    long: "Keeps every private key of the given PEM files. What the PEM headers say of a key comes before the flags.",
    flags: [
      text("gun", "GUN of the key, where its PEM headers name none", "g"),
      text("role", "Role of the key, where its PEM headers name none", "r"),
    ],
    load: () => import("./commands/key-import.ts"),
  },
  {
    name: "key list",
    takes: "[flags]",
    short: "Lists keys.",
    long: "Lists the private keys that are held here.",
    flags: [],
    load: () => import("./commands/key-list.ts"),
  },
  {
    name: "key passwd",
    takes: "[ keyID ] [flags]",
    short: "Changes the passphrase of a key.",
    long: "Changes the passphrase of a key. The old one is asked first.",
    flags: [],
    load: () => import("./commands/key-passwd.ts"),
  },
  {
    name: "key remove",
    takes: "[ keyID ] [flags]",
    short: "Removes a key.",
    long: "Removes the key with the given id, after a question.",
    flags: [],
    load: () => import("./commands/key-remove.ts"),
  },
  {
    name: "key rotate",
    takes: "[ GUN ] [ key role ] [flags]",
    short: "Replaces the key of a role.",
    long: 'Replaces the key of a role ("snapshot", "targets", "root" or "timestamp") of the trusted collection with the given Globally Unique Name and publishes that at once. Staged changes stay staged.',
    flags: [
      texts("key", "Keys to rotate to; where none is given, one is generated", "k"),
      {
        name: "legacy",
        short: "l",
        kind: "int",
        help: "How many earlier root keys sign too, for old clients",
      },
      yes(
        "server-managed",
        "The server keeps the new key: always for timestamp, possible for snapshot",
        "r",
      ),
    ],
    load: () => import("./commands/key-rotate.ts"),
  },
  {
    name: "list",
    takes: "[ GUN ] [flags]",
    short: "Lists the targets of a trusted collection.",
    long: "Lists the targets of the trusted collection with the given Globally Unique Name, as the server has them now.",
    flags: [texts("roles", "Roles to list, each before the next", "r")],
    load: () => import("./commands/list.ts"),
  },
  {
    name: "lookup",
    takes: "[ GUN ] <target> [flags]",
    short: "Looks up one target of a trusted collection.",
    long: "Looks up one target of the trusted collection with the given Globally Unique Name.",
    flags: [],
    load: () => import("./commands/lookup.ts"),
  },
  {
    name: "publish",
    takes: "[ GUN ] [flags]",
    short: "Publishes what is staged.",
    long: "Applies the staged changes of the trusted collection with the given Globally Unique Name to what the server has now, signs, and sends the result.",
    flags: [],
    load: () => import("./commands/publish.ts"),
  },
  {
    name: "remove",
    takes: "[ GUN ] <target> [flags]",
    short: "Removes a target from a trusted collection.",
    long: "Stages the removal of a target from the trusted collection with the given Globally Unique Name. Nothing is sent until `publish`.",
    flags: [publish, texts("roles", "Delegation roles to remove the target from", "r")],
    load: () => import("./commands/remove.ts"),
  },
  {
    name: "reset",
    takes: "[ GUN ] [flags]",
    short: "Drops staged changes.",
    long: "Drops staged changes of the trusted collection with the given Globally Unique Name: all, or those that `status` numbers.",
    flags: [
      yes("all", "Drop all that the status list shows"),
      {
        name: "number",
        short: "n",
        kind: "ints",
        help: "Numbers of the changes to drop, as the status list shows them",
      },
    ],
    load: () => import("./commands/reset.ts"),
  },
  {
    name: "status",
    takes: "[ GUN ] [flags]",
    short: "Shows what is staged.",
    long: "Shows the staged changes of the trusted collection with the given Globally Unique Name.",
    flags: [],
    load: () => import("./commands/status.ts"),
  },
  {
    name: "verify",
    takes: "[ GUN ] <target> [flags]",
    short: "Verifies content against a target of a trusted collection",
    long: "Verifies that what stands on standard input is the target of that name of the trusted collection with the given Globally Unique Name, and passes it on.",
    flags: [
      text("input", "File to read in place of standard input", "i"),
      text("output", "File to write to in place of standard output", "o"),
      yes("quiet", "Pass nothing on; print only errors", "q"),
    ],
    load: () => import("./commands/verify.ts"),
  },
  {
    name: "version",
    takes: "[flags]",
    short: "Print the version number of notary",
    long: "Print the version number of notary",
    flags: [],
    load: () => import("./commands/version.ts"),
  },
  {
    name: "witness",
    takes: "[ GUN ] <role> ... [flags]",
    short: "Marks roles to be signed again",
    long: "Stages that roles of the trusted collection with the given Globally Unique Name are signed again as they are, with the keys that are held here.",
    flags: [publish],
    load: () => import("./commands/witness.ts"),
  },
];

/** The commands right below a group; `""` is `notary` itself. */
export function commandsOf(group: string): readonly Command[] {
  const prefix = group === "" ? "" : `${group} `;
  return commands.filter(
    ({ name }) => name.startsWith(prefix) && !name.slice(prefix.length).includes(" "),
  );
}
