import { findTarget, targetsRole, type OpenRepository } from "#domain/tuf";
import type { Change } from "#services/signer";
import { removeTarget } from "../changes.ts";
import { consents } from "../confirm.ts";
import { DockerTrustError, failure } from "../errors.ts";
import { parseImageName } from "../image-name.ts";
import { canonicalIds, releasedRoles, releasedTargets, signableRoles } from "../released.ts";
import { inRepository } from "../repository.ts";
import { openSession } from "../session.ts";
import { TrustFault } from "../trust-faults.ts";
import type { Invocation } from "../world.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  const [typed = ""] = args;
  const image = parseImageName(typed);
  const { tag, digest } = image;
  if (tag === undefined && digest !== undefined)
    throw failure("cannot use a digest reference for IMAGE:TAG");
  const question = `Confirm you would like to delete all signature data for ${typed}?`;
  if (tag === undefined && !flags.isSet("yes") && !(await consents(world, question)))
    throw new DockerTrustError("docker-trust/declined", "trust revoke has been cancelled");
  const session = openSession(invocation);
  await inRepository(session, image, "push,pull", async (repository) => {
    try {
      const open = await repository.read();
      const held = new Set((await session.directory.keys.list(session)).map(({ id }) => id));
      const plan = removals(open, tag, held);
      await repository.publish(plan.changes);
      if (plan.left.length > 0)
        throw failure(
          `${plan.left.join(", ")} still signed in targets, whose key is not held here: the repository's owner can revoke it`,
        );
    } catch (error) {
      if (!(error instanceof TrustFault || error instanceof DockerTrustError)) throw error;
      throw failure(`could not remove signature for ${typed}: ${error.message}`, error);
    }
  });
  world.out(`Successfully deleted signature for ${typed}\n`);
}

type Plan = {
  readonly changes: readonly Change[];
  /** Tags that docker would pull all the same. */
  readonly left: readonly string[];
};

/** Takes tags out of every role that can be signed here; out of `targets` too, where they would be pulled from. */
function removals(open: OpenRepository, tag: string | undefined, held: ReadonlySet<string>): Plan {
  const tags = revoked(open, tag);
  const holdsTargets = canonicalIds(open.root.signed.targets).some((id) => held.has(id));
  const changes: Change[] = [];
  const left: string[] = [];
  for (const name of tags) {
    const isInTargets = open.targets.get(targetsRole)?.signed.targets.has(name) === true;
    const own = signableRoles(open, name, held);
    const reached = isInTargets && holdsTargets && !own.includes(targetsRole) ? [targetsRole] : [];
    if (own.length + reached.length === 0)
      throw failure("no valid signing keys for delegation roles");
    if (isInTargets && !holdsTargets && !own.includes(targetsRole)) left.push(name);
    changes.push(...removeTarget([...own, ...reached], name));
  }
  return { changes, left };
}

function revoked(open: OpenRepository, tag: string | undefined): readonly string[] {
  if (tag === undefined) {
    const tags = releasedTargets(open).map(({ name }) => name);
    if (tags.length === 0) throw failure("no signed tags to remove");
    return tags;
  }
  const found = findTarget(open, tag, releasedRoles);
  if (found === undefined) throw failure(`No valid trust data for ${tag}`);
  return [tag];
}
