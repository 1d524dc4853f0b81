import { listTargets, targetsRole, isTargetsRole, tryRoleName } from "#domain/tuf";
import type { Invocation } from "../invocation.ts";
import { readCollection } from "../collection.ts";
import { openCollection } from "../session.ts";
import { byBytes, table } from "../table.ts";

const headers = ["NAME", "DIGEST", "SIZE (BYTES)", "ROLE"];

export async function run(invocation: Invocation): Promise<void> {
  const { world, flags } = invocation;
  const { gun, session } = await openCollection(invocation);
  const asked = flags.texts("roles");
  // A role of another name is nobody's: nothing is listed for it.
  const roles = asked
    .map(tryRoleName)
    .filter((role) => role !== undefined)
    .filter(isTargetsRole);
  const open = await readCollection(session, gun);
  const found = listTargets(open, asked.length === 0 ? [targetsRole] : roles);
  if (found.length === 0) return world.out("\nNo targets present in this repository.\n\n");
  const rows = found
    .toSorted((a, b) => byBytes(a.name, b.name))
    .map(({ name: target, role, target: { sha256 = "", length } }) => [
      target,
      sha256,
      String(length),
      role,
    ]);
  world.out(table(headers, rows));
}
