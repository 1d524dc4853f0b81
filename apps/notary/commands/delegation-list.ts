import { targetsRole, type Delegation, type OpenRepository } from "#domain/tuf";
import { NotaryError, failure, usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { readCollection } from "../collection.ts";
import { collectionName, openSession } from "../session.ts";
import { byBytes, table } from "../table.ts";

const headers = ["ROLE", "PATHS", "KEY IDS", "THRESHOLD"];

export async function run(invocation: Invocation): Promise<void> {
  const { world, args } = invocation;
  const [name] = args;
  if (name === undefined || args.length !== 1)
    throw usage("Please provide a Global Unique Name as an argument to list");
  const gun = collectionName(name);
  const session = await openSession(invocation);
  const open = await readCollection(session, gun).catch((error: unknown) => {
    if (!(error instanceof NotaryError)) throw error;
    throw failure(
      `Error retrieving delegation roles for repository ${gun}: ${error.message}`,
      error,
    );
  });
  const rows = delegationsOf(open)
    .toSorted((a, b) => byBytes(a.name, b.name))
    .flatMap(rowsOf);
  if (rows.length === 0) return world.out("\n\nNo delegations present in this repository.\n\n\n");
  world.out(`\n${table(headers, rows)}\n`);
}

/** All delegations, at any depth, that a file which may be believed makes. */
function delegationsOf(open: OpenRepository): readonly Delegation[] {
  const files = [targetsRole, ...open.targets.keys()];
  return [...new Set(files)].flatMap((role) => open.targets.get(role)?.signed.delegations ?? []);
}

function rowsOf({ name, paths, keys, threshold }: Delegation): readonly (readonly string[])[] {
  const ids = [...keys.values()].map((key) => key.material?.canonicalId ?? key.id).toSorted();
  const listed = paths.toSorted(byBytes).map((path) => (path === "" ? '"" <all paths>' : path));
  const height = Math.max(1, ids.length, listed.length);
  return Array.from({ length: height }, (_, at) => [
    at === 0 ? name : "",
    listed[at] ?? "",
    ids[at] ?? "",
    at === 0 ? String(threshold) : "",
  ]);
}
