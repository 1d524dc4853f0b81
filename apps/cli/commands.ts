import type { Command } from "commander";
import type { Cli } from "./program.ts";

/** Adds one command, with those below it. */
export type AddCommand = (program: Command, cli: Cli) => void;

/** Every command under the name that is typed, in the order of the help. Each is loaded when it is called. */
const commands: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ["serve", async () => (await import("./commands/serve.ts")).addServe],
  ["status", async () => (await import("./commands/status.ts")).addStatus],
  ["login", async () => (await import("./commands/login.ts")).addLogin],
  ["logout", async () => (await import("./commands/logout.ts")).addLogout],
  ["sign", async () => (await import("./commands/sign.ts")).addSign],
  ["push", async () => (await import("./commands/push.ts")).addPush],
  ["verify", async () => (await import("./commands/verify.ts")).addVerify],
  ["inspect", async () => (await import("./commands/inspect.ts")).addInspect],
  ["revoke", async () => (await import("./commands/revoke.ts")).addRevoke],
  ["signer", async () => (await import("./commands/signer.ts")).addSigner],
  ["log", async () => (await import("./commands/log.ts")).addLog],
  ["why", async () => (await import("./commands/why.ts")).addWhy],
  ["workloads", async () => (await import("./commands/workloads.ts")).addWorkloads],
  ["decisions", async () => (await import("./commands/decisions.ts")).addDecisions],
  ["policy", async () => (await import("./commands/policy.ts")).addPolicy],
  ["user", async () => (await import("./commands/user.ts")).addUser],
  ["org", async () => (await import("./commands/organization.ts")).addOrganization],
  ["team", async () => (await import("./commands/team.ts")).addTeam],
  ["bundle", async () => (await import("./commands/bundle.ts")).addBundle],
  ["key", async () => (await import("./commands/key.ts")).addKey],
  ["trust", async () => (await import("./commands/trust.ts")).addTrust],
  ["master-key", async () => (await import("./commands/master-key.ts")).addMasterKey],
  ["archive", async () => (await import("./commands/archive.ts")).addArchive],
  ["docker-plugin", async () => (await import("./commands/docker-plugin.ts")).addDockerPlugin],
  ["node", async () => (await import("./commands/node.ts")).addNode],
  ["engine-plugin", async () => (await import("./commands/engine-plugin.ts")).addEnginePlugin],
  ["registry", async () => (await import("./commands/registry.ts")).addRegistry],
]);

const withValue = new Set(["--server", "--ca", "--format"]);
const alone = new Set(["-q", "--quiet", "--yes"]);

/** What `args` need to be understood: the one command they name, or all where they name none that we know. */
export async function neededCommands(args: readonly string[]): Promise<readonly AddCommand[]> {
  const word = firstWord(args) ?? "";
  if (word === "-V" || word === "--version") return [];
  const load = commands.get(word);
  if (load !== undefined) return [await load()];
  return await Promise.all([...commands.values()].map((one) => one()));
}

/** The first word that is neither an option of every command nor such an option's value. */
function firstWord(args: readonly string[]): string | undefined {
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? "";
    if (withValue.has(word)) at += 1;
    else if (!alone.has(word) && !/^--(?:server|ca|format)=/.test(word)) return word;
  }
  return undefined;
}
