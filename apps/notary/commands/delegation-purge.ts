import { targetsRole } from "#domain/tuf";
import { usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { collectionName } from "../session.ts";
import { stage } from "../staging.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { args, flags } = invocation;
  const [name] = args;
  if (name === undefined || args.length !== 1)
    throw usage("Please provide a single Global Unique Name as an argument to remove");
  const ids = flags.texts("key");
  if (ids.length === 0)
    throw usage("Please provide at least one key ID to be removed using the --key flag");
  const gun = collectionName(name);
  await stage(
    invocation,
    gun,
    [{ kind: "delegation-purge", below: targetsRole, removeKeys: ids }],
    `Removal of the following keys from all delegations in ${gun} staged for next publish:\n${ids
      .map((id) => `\t- ${id}\n`)
      .join("")}`,
  );
}
