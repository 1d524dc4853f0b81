import type { Change, DelegationEdit } from "#services/signer";
import { consents } from "../confirm.ts";
import { failure, usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { collectionName } from "../session.ts";
import { stage, tryDelegation } from "../staging.ts";

const nothing = { addKeys: [], removeKeys: [], addPaths: [], removePaths: [], clearPaths: false };

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  const [name, roleName, ...ids] = args;
  if (name === undefined || roleName === undefined)
    throw usage(
      "must specify the Global Unique Name and the role of the delegation along with optional keyIDs and/or a list of paths to remove",
    );
  const gun = collectionName(name);
  const role = tryDelegation(roleName);
  if (role === undefined) throw failure(`invalid delegation name ${roleName}`);
  const paths = flags.texts("paths");
  const clearPaths = flags.isSet("all-paths");
  const isWhole = ids.length === 0 && paths.length === 0 && !clearPaths;
  if (isWhole) {
    world.out("\nAre you sure you want to remove all data for this delegation? (yes/no)");
    if (flags.isSet("yes")) world.out("\nConfirmed `yes` from flag\n");
    else if (await consents(world)) world.out("\n");
    else throw failure("Aborting action.");
    return await stage(
      invocation,
      gun,
      [{ kind: "delegation-remove", role }],
      `\nForced removal (including all keys and paths) of delegation role ${role} to repository "${gun}" staged for next publish.\n\n`,
    );
  }
  const edit = (part: Partial<DelegationEdit>): Change => ({
    kind: "delegation-edit",
    role,
    edit: { ...nothing, ...part },
  });
  const changes = [
    ...(clearPaths ? [edit({ clearPaths })] : []),
    ...(!clearPaths && paths.length > 0 ? [edit({ removePaths: paths })] : []),
    ...(ids.length > 0 ? [edit({ removeKeys: ids })] : []),
  ];
  const removed = [
    ...(ids.length > 0 ? [`with keys [${ids.join(" ")}], `] : []),
    ...(clearPaths ? ["with all paths, "] : []),
    ...(!clearPaths && paths.length > 0 ? [`with paths [${paths.join("\n")}], `] : []),
  ];
  await stage(
    invocation,
    gun,
    changes,
    `\nRemoval of delegation role ${role} ${removed.join("")}to repository "${gun}" staged for next publish.\n\n`,
  );
}
