import { describeFile } from "#domain/tuf";
import { customData } from "../custom.ts";
import { usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { collectionName } from "../session.ts";
import { stage, targetRoles } from "../staging.ts";
import { readNamed } from "../named-file.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  const [name, path, file] = args;
  if (name === undefined || path === undefined || file === undefined)
    throw usage("Must specify a GUN, target, and path to target data");
  const gun = collectionName(name);
  const custom = await customData(invocation);
  const target = { ...describeFile(await readNamed(world, file)), ...custom };
  const roles = targetRoles(flags.texts("roles"));
  await stage(
    invocation,
    gun,
    roles.map((role) => ({ kind: "target-add", role, name: path, target })),
    `Addition of target "${path}" to repository "${gun}" staged for next publish.\n`,
  );
}
