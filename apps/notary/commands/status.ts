import type { Change, StagedChange } from "#services/signer";
import type { Invocation } from "../invocation.ts";
import { openCollection } from "../session.ts";
import { table } from "../table.ts";

const headers = ["#", "ACTION", "SCOPE", "TYPE", "PATH"];

export async function run(invocation: Invocation): Promise<void> {
  const { world } = invocation;
  const { gun, session } = await openCollection(invocation);
  const staged = await session.directory.local(gun).staged(session);
  if (staged.length === 0) return world.out(`No unpublished changes for ${gun}\n`);
  world.out(`Unpublished changes for ${gun}:\n\n`);
  world.out(table(headers, staged.map(rowOf)));
}

function rowOf({ change }: StagedChange, at: number): readonly string[] {
  return [String(at), ...wordsOf(change)];
}

function wordsOf(change: Change): readonly [string, string, string, string] {
  switch (change.kind) {
    case "target-add":
      return ["create", change.role, "target", change.name];
    case "target-remove":
      return ["delete", change.role, "target", change.name];
    case "delegation-add":
      return ["create", change.role, "delegation", ""];
    case "delegation-edit":
      return ["update", change.role, "delegation", ""];
    case "delegation-remove":
      return ["delete", change.role, "delegation", ""];
    case "delegation-purge":
      return ["update", `${change.below}/*`, "delegation", ""];
    case "witness":
      return ["update", change.role, "witness", ""];
  }
}
