import { usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { collectionName, openSession } from "../session.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  const [name] = args;
  if (name === undefined) throw usage("Must specify a GUN");
  const numbers = flags.numbers("number");
  const isAll = flags.isSet("all");
  if (numbers.length === 0 && !isAll)
    throw usage("Must specify changes to reset with -n or the --all flag");
  const gun = collectionName(name);
  const session = await openSession(invocation);
  const local = session.directory.local(gun);
  const staged = await local.staged(session);
  const dropped = staged.filter((_, at) => isAll || numbers.includes(at));
  await local.unstage(
    dropped.map((change) => change.name),
    session,
  );
  world.out(`Successfully reset specified changes for repository ${gun}\n`);
}
