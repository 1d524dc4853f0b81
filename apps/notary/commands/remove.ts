import { failure } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { collectionName } from "../session.ts";
import { stage, targetRoles } from "../staging.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { args, flags } = invocation;
  const [name, target] = args;
  if (name === undefined || target === undefined) throw failure("Must specify a GUN and target");
  const gun = collectionName(name);
  const roles = targetRoles(flags.texts("roles"));
  await stage(
    invocation,
    gun,
    roles.map((role) => ({ kind: "target-remove", role, name: target })),
    `Removal of ${target} from ${gun} staged for next publish.\n`,
  );
}
