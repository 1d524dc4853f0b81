import { rootRole, snapshotRole, targetsRole, timestampRole, tryRoleName } from "#domain/tuf";
import { consents } from "../confirm.ts";
import { failure, usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { collectionName, openSession, type Session } from "../session.ts";
import { withSigner } from "../signing.ts";
import { readNamed } from "../named-file.ts";

const rotated = new Set([rootRole, snapshotRole, targetsRole, timestampRole]);

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  const [name, roleName] = args;
  if (name === undefined || roleName === undefined)
    throw usage("Must specify a GUN and a key role to rotate");
  const gun = collectionName(name);
  const role = tryRoleName(roleName);
  const byServer = flags.isSet("server-managed");
  if (role === undefined || !rotated.has(role))
    throw failure(`notary does not currently permit rotating the ${roleName} key`);
  if (role === timestampRole && !byServer)
    throw failure("notary does not permit the client managing the timestamp key");
  const session = await openSession(invocation);
  if (role === rootRole) {
    world.out(
      "Warning: you are about to rotate your root key.\n\nYou must use your old key to sign this root rotation.\nAre you sure you want to proceed?  (yes/no)  ",
    );
    if (!(await consents(world))) return world.out("\nAborting action.\n");
  }
  if ((role === targetsRole || role === rootRole) && byServer)
    throw failure(`notary does not permit the server managing the ${role} key`);
  const keys = await importKeys(session, flags.texts("key"), { role, gun });
  const how = {
    role,
    by: byServer ? "server" : "client",
    ...(keys.length === 0 ? {} : { keys }),
    ...(role === rootRole ? { earlierRoots: flags.number("legacy") } : {}),
  } as const;
  await withSigner(session, gun, "*", (signer) => signer.rotate(gun, how, session));
  world.out(`Successfully rotated ${role} key for repository ${gun}\n`);
}

/** What a file says a key was for; here it is for the role that is rotated. */
const purposes = /^(?:role|gun|path): .*\r?\n/gm;

/** The keys of `-k`, each a PEM file; ids of what is kept then. */
async function importKeys(
  session: Session,
  files: readonly string[],
  purpose: { readonly role: string; readonly gun: string },
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const file of files) {
    const pem = (await readNamed(session.world, file)).toString().replaceAll(purposes, "");
    const how = purpose.role === rootRole ? { role: purpose.role } : purpose;
    const held = await session.directory.keys.importPem(pem, { ...how, opens: true }, session);
    ids.push(...held.map(({ id }) => id));
  }
  return ids;
}
