import { isTargetsRole, tryRoleName } from "#domain/tuf";
import { failure, usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { collectionName } from "../session.ts";
import { stage } from "../staging.ts";

export async function run(invocation: Invocation): Promise<void> {
  const [name, ...names] = invocation.args;
  if (name === undefined || names.length === 0)
    throw usage("Please provide a GUN and at least one role to witness");
  const gun = collectionName(name);
  const roles = names.map((word) => {
    const role = tryRoleName(word);
    // What could never be published is not staged.
    if (role === undefined || !isTargetsRole(role))
      throw failure(`tuf: invalid role ${word}. only targets and delegations can be witnessed`);
    return role;
  });
  await stage(
    invocation,
    gun,
    roles.map((role) => ({ kind: "witness", role })),
    `The following roles were successfully marked for witnessing on the next publish:\n${roles
      .map((role) => `\t- ${role}\n`)
      .join("")}`,
  );
}
