import type { Flag } from "#apps/drop-in";
import type { Invocation } from "./world.ts";

export type Command = {
  /** As it is typed after `docker`: `trust key load`. */
  readonly name: string;
  /** What stands after the name in `Usage:`, as docker has it. */
  readonly takes: string;
  readonly short: string;
  readonly flags: readonly Flag[];
  /** How many arguments: exactly, or at least. */
  readonly needs?: { readonly exactly: number } | { readonly atLeast: number };
  /** Absent where only commands stand below it. */
  readonly load?: () => Promise<{ readonly run: (invocation: Invocation) => Promise<void> }>;
};

/** `docker trust` itself, which stands for no action. */
export const trust: Command = {
  name: "trust",
  takes: "",
  short: "Manage trust on Docker images",
  flags: [],
};

/** Docker's commands, in the order of its help. */
export const commands: readonly Command[] = [
  {
    name: "trust key",
    takes: "",
    short: "Manage keys for signing Docker images",
    flags: [],
  },
  {
    name: "trust signer",
    takes: "",
    short: "Manage entities who can sign Docker images",
    flags: [],
  },
  {
    name: "trust inspect",
    takes: "IMAGE[:TAG] [IMAGE[:TAG]...]",
    short: "Return low-level information about keys and signatures",
    flags: [
      { name: "pretty", kind: "bool", help: "Print the information in a human friendly format" },
    ],
    needs: { atLeast: 1 },
    load: () => import("./commands/inspect.ts"),
  },
  {
    name: "trust revoke",
    takes: "[OPTIONS] IMAGE[:TAG]",
    short: "Remove trust for an image",
    flags: [{ name: "yes", short: "y", kind: "bool", help: "Do not prompt for confirmation" }],
    needs: { exactly: 1 },
    load: () => import("./commands/revoke.ts"),
  },
  {
    name: "trust sign",
    takes: "IMAGE:TAG",
    short: "Sign an image",
    flags: [{ name: "local", kind: "bool", help: "Sign a locally tagged image" }],
    needs: { exactly: 1 },
    load: () => import("./commands/sign.ts"),
  },
  {
    name: "trust key generate",
    takes: "NAME",
    short: "Generate and load a signing key-pair",
    flags: [
      {
        name: "dir",
        kind: "string",
        help: "Directory to generate key in, defaults to current directory",
      },
    ],
    needs: { exactly: 1 },
    load: () => import("./commands/key-generate.ts"),
  },
  {
    name: "trust key load",
    takes: "[OPTIONS] KEYFILE",
    short: "Load a private key file for signing",
    flags: [{ name: "name", kind: "string", help: "Name for the loaded key", default: "signer" }],
    needs: { exactly: 1 },
    load: () => import("./commands/key-load.ts"),
  },
  {
    name: "trust signer add",
    takes: "OPTIONS NAME REPOSITORY [REPOSITORY...] ",
    short: "Add a signer",
    flags: [{ name: "key", kind: "list", help: "Path to the signer's public key file" }],
    needs: { atLeast: 2 },
    load: () => import("./commands/signer-add.ts"),
  },
  {
    name: "trust signer remove",
    takes: "[OPTIONS] NAME REPOSITORY [REPOSITORY...]",
    short: "Remove a signer",
    flags: [
      {
        name: "force",
        short: "f",
        kind: "bool",
        help: "Do not prompt for confirmation before removing the most recent signer",
      },
    ],
    needs: { atLeast: 2 },
    load: () => import("./commands/signer-remove.ts"),
  },
];

/** The commands right below one. */
export function below({ name }: Command): readonly Command[] {
  const words = name.split(" ").length + 1;
  return commands.filter(
    (command) => command.name.startsWith(`${name} `) && command.name.split(" ").length === words,
  );
}

/** What docker understands before a plugin's name. */
export const globalFlags: readonly Flag[] = [
  { name: "config", kind: "string", help: "Location of client config files" },
  { name: "context", short: "c", kind: "string", help: "" },
  { name: "debug", short: "D", kind: "bool", help: "" },
  { name: "host", short: "H", kind: "list", help: "" },
  { name: "log-level", short: "l", kind: "string", help: "" },
  { name: "tls", kind: "bool", help: "" },
  { name: "tlscacert", kind: "string", help: "" },
  { name: "tlscert", kind: "string", help: "" },
  { name: "tlskey", kind: "string", help: "" },
  { name: "tlsverify", kind: "bool", help: "" },
];
