import type { Gun } from "#domain/oci";
import { isTargetsRole, targetsRole, tryRoleName, type RoleName } from "#domain/tuf";
import type { Change } from "#services/signer";
import { failure } from "./errors.ts";
import type { Invocation } from "./invocation.ts";
import { openSession, type Session } from "./session.ts";

/** Stages changes, says so, and publishes them where that is asked with `-p`. */
export async function stage(
  invocation: Invocation,
  gun: Gun,
  changes: readonly Change[],
  said: string,
): Promise<void> {
  const session = await openSession(invocation);
  await session.directory.local(gun).stage(changes, session);
  invocation.world.out(said);
  await publishIfAsked(invocation, session, gun);
}

export async function publishIfAsked(
  { world, flags }: Invocation,
  session: Session,
  gun: Gun,
): Promise<void> {
  if (!flags.isSet("publish")) return;
  world.out(`Auto-publishing changes to ${gun}\n`);
  const { withSigner } = await import("./signing.ts");
  await withSigner(session, gun, "push,pull", (signer) => signer.publish(gun, session));
  world.out(`Successfully published changes for repository ${gun}\n`);
}

/** The roles that `-r` names, `targets` where it names none. Throws `notary/failed`. */
export function targetRoles(names: readonly string[]): readonly RoleName[] {
  if (names.length === 0) return [targetsRole];
  return names.map((name) => {
    const role = tryRoleName(name);
    if (role === undefined || !isTargetsRole(role))
      throw failure(`tuf: invalid role ${name}. cannot add targets to this role`);
    return role;
  });
}

/** A delegation's name; undefined for what is none. */
export function tryDelegation(name: string): RoleName | undefined {
  const role = tryRoleName(name);
  return role !== undefined && isTargetsRole(role) && role !== targetsRole ? role : undefined;
}
