import { signersOf, tryRoleName, type Delegation, type OpenRepository } from "#domain/tuf";
import { removeSigner } from "../changes.ts";
import { consents } from "../confirm.ts";
import { failure } from "../errors.ts";
import { parseImageName } from "../image-name.ts";
import { delegationsOf, releasesRole } from "../released.ts";
import { canonicalIds } from "../released.ts";
import { inRepository } from "../repository.ts";
import { openSession } from "../session.ts";
import { toEach } from "../several.ts";
import { TrustFault } from "../trust-faults.ts";
import type { Invocation } from "../world.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  const [name = "", ...repositories] = args;
  const session = openSession(invocation);
  const remove = async (typed: string): Promise<void> => {
    world.out(`Removing signer "${name}" from ${typed}...\n`);
    const image = parseImageName(typed);
    const role = tryRoleName(`targets/${name}`);
    if (role === releasesRole)
      throw failure("releases is a reserved keyword and cannot be removed");
    await inRepository(session, image, "push,pull", async (repository) => {
      const open = await repository.read().catch((error: unknown) => {
        if (!(error instanceof TrustFault)) throw error;
        throw failure(`error retrieving signers for ${typed}: ${error.message}`, error);
      });
      const delegation = delegationsOf(open).find((one) => one.name === role);
      if (delegation === undefined) throw failure(`no signer ${name} for repository ${typed}`);
      if (isLastSigner(open, delegation) && !flags.isSet("force")) {
        const question = `The signer "${name}" signed the last released version of ${typed}. Removing this signer will make ${typed} unpullable. Are you sure you want to continue?`;
        if (!(await consents(world, question))) {
          world.out("\nAborting action.\n");
          return;
        }
      }
      const hasReleases = delegationsOf(open).some((one) => one.name === releasesRole);
      const ids = canonicalIds(delegation);
      await repository.publish(removeSigner(delegation.name, ids, { hasReleases }));
      world.out(`Successfully removed ${name} from ${typed}\n\n`);
    });
  };
  await toEach(world, repositories, remove, "error removing signer from");
}

/** Whether `targets/releases` would no longer be believed without this signer's signatures on it. */
function isLastSigner(open: OpenRepository, delegation: Delegation): boolean {
  const releases = open.targets.get(releasesRole);
  const listed = delegationsOf(open).find(({ name }) => name === releasesRole);
  if (releases === undefined || listed === undefined) return false;
  const own = new Set(canonicalIds(delegation));
  const kept = [...listed.keys].filter(([, key]) => !own.has(key.material?.canonicalId ?? key.id));
  const rest = signersOf(releases, { threshold: listed.threshold, keys: new Map(kept) });
  return new Set(rest).size < listed.threshold;
}
