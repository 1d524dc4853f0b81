import { resolve } from "node:path";
import { writeFileAtomically } from "#adapters/io";
import { saying } from "#apps/drop-in";
import { failure, usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { openSession } from "../session.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  if (args.length > 0) throw usage("export does not take any positional arguments");
  const guns = flags.texts("gun");
  const wanted = flags.texts("key");
  if (guns.length > 0 && wanted.length > 0)
    throw failure("Only the --gun or --key flag may be provided, not a mix of the two flags");
  const session = await openSession(invocation);
  const keys = await session.directory.keys.list(session);
  const isAsked = ({ id, gun }: (typeof keys)[number]): boolean => {
    if (wanted.length > 0) return wanted.includes(id);
    return guns.length === 0 || (gun !== undefined && guns.includes(gun));
  };
  const ids = keys
    .filter(isAsked)
    .map(({ id }) => id)
    .toSorted();
  const pem = ids.length === 0 ? "" : await session.directory.keys.exportPem(ids, session);
  const output = flags.text("output");
  if (output === "") return world.out(pem);
  const path = resolve(world.workingDirectory, output);
  await writeFileAtomically(path, pem, { ...session, mode: 0o600 }).catch((error: unknown) => {
    throw failure(saying(error, output), error);
  });
}
