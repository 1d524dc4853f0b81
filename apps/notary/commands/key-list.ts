import type { HeldKey } from "#services/signer";
import { usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { openSession } from "../session.ts";
import { endOf, table } from "../table.ts";

const headers = ["ROLE", "GUN", "KEY ID", "LOCATION"];
const gunWidth = 25;
const locationWidth = 40;

export async function run(invocation: Invocation): Promise<void> {
  const { world, args } = invocation;
  if (args.length > 0) throw usage("");
  const session = await openSession(invocation);
  const keys = await session.directory.keys.list(session);
  if (keys.length === 0) return world.out("\nNo signing keys found.\n\n");
  world.out(`\n${table(headers, keys.map(rowOf))}\n`);
}

function rowOf({ role, gun = "", id, location }: HeldKey): readonly string[] {
  return [role, endOf(gun, gunWidth), id, endOf(location, locationWidth)];
}
