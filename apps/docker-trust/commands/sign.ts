import { findTarget, tryRoleName, type OpenRepository, type Target } from "#domain/tuf";
import { addSigner, addTarget } from "../changes.ts";
import { DockerTrustError, failure } from "../errors.ts";
import { parseTaggedName, type ImageName } from "../image-name.ts";
import type { LocalImage } from "../local-image.ts";
import { releasesRole, signableRoles, signedTags } from "../released.ts";
import { inRepository, type Repository } from "../repository.ts";
import { openSession, type Session } from "../session.ts";
import { inFull } from "../trust-faults.ts";
import type { Invocation } from "../world.ts";

type Tagged = ImageName & { readonly tag: string };

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  const image = parseTaggedName(args[0] ?? "");
  const session = openSession(invocation);
  // What talks to an engine takes long to load, and the other commands need none.
  const { withLocalImage } = await import("../local-image.ts");
  await withLocalImage(session, image, (local) =>
    inRepository(session, image, "push,pull", async (repository) => {
      const open = await alone(async () => await repository.find());
      if (open === undefined) await begin(session, image, local, repository);
      const found = open === undefined ? undefined : findTarget(open, image.tag);
      if (open !== undefined && found !== undefined && !flags.isSet("local")) {
        world.out(`Signing and pushing trust metadata for ${image.typed}\n`);
        await signing(image, async () => {
          const roles = await rolesFor(session, open, image);
          world.out(existing(open, image.tag));
          await repository.publish(addTarget(roles, image.tag, found.target));
        });
      } else await pushAndSign(session, image, local, repository);
      world.out(`Successfully signed ${image.gun}:${image.tag}\n`);
    }),
  );
}

/** A repository that nobody has signed yet: its owner becomes its first signer. */
async function begin(
  session: Session,
  image: Tagged,
  local: LocalImage,
  repository: Repository,
): Promise<void> {
  const { world, directory } = session;
  await local.require();
  const name = (await local.account()) ?? "";
  if (name === "")
    throw failure(
      `could not add signer to repo: nobody is signed in to ${image.host}, and the signer is named after the account: docker login ${image.host}`,
    );
  const role = tryRoleName(`targets/${name}`);
  if (role === undefined || name.includes("/") || role === releasesRole)
    throw failure(
      `could not add signer to repo: targets/${name}: tuf: invalid role targets/${name}. invalid delegation role name`,
    );
  await alone(() => repository.init());
  const held = (await directory.keys.list(session)).find((key) => key.role === name);
  const opened = held === undefined ? undefined : await directory.keys.open(held.id, session);
  const key = opened ?? (await directory.keys.generate({ role: name }, session));
  await repository.publish(addSigner(role, [key.publicKey]));
  world.out(`Created signer: ${name}\n`);
  world.out(`Finished initializing signed repository for ${image.typed}\n`);
}

async function pushAndSign(
  session: Session,
  image: Tagged,
  local: LocalImage,
  repository: Repository,
): Promise<void> {
  const { world } = session;
  await local.require();
  world.err(
    `Signing and pushing trust data for local image ${image.typed}, may overwrite remote trust data\n`,
  );
  const { sha256, length } = await local.push();
  world.out("Signing and pushing trust metadata\n");
  const open = await alone(() => repository.read());
  const target: Target = { sha256, length };
  await signing(image, async () => {
    const roles = await rolesFor(session, open, image);
    await repository.publish(addTarget(roles, image.tag, target));
  });
}

async function rolesFor(session: Session, open: OpenRepository, { tag }: Tagged) {
  const keys = await session.directory.keys.list(session);
  const roles = signableRoles(open, tag, new Set(keys.map(({ id }) => id)));
  if (roles.length > 0) return roles;
  throw failure("no valid signing keys for delegation roles");
}

/** Who signed the tag before, as docker tells it. */
function existing(open: OpenRepository, tag: string): string {
  const [row] = signedTags(open, tag);
  const signers = (row?.signers ?? []).toSorted().join(", ");
  return `Existing signatures for tag ${row?.tag ?? ""} digest ${row?.digest ?? ""} from:\n${signers}\n`;
}

async function alone<Value>(work: () => Promise<Value>): Promise<Value> {
  return await work().catch((error: unknown) => {
    throw inFull(error);
  });
}

async function signing(image: Tagged, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DockerTrustError)) throw error;
    throw failure(`failed to sign ${image.gun}:${image.tag}: ${error.message}`, error);
  }
}
