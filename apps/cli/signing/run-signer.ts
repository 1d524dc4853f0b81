import { resolve } from "node:path";
import { z } from "zod";
import {
  publicKeyFromPem,
  targetsRole,
  TufError,
  type PublicKey,
  type RoleName,
} from "#domain/tuf";
import {
  addSigners,
  removeSigner,
  signerRole,
  type KeptList,
  type RemovedSigner,
} from "#services/signer";
import { CliError } from "../errors.ts";
import { readNamedFile } from "../named-file.ts";
import type { Session } from "../session.ts";
import { fields, listed, table } from "../text.ts";
import { openSigning, type Signing } from "./open-signing.ts";
import type { Place } from "./places.ts";
import { inWords, readRole } from "./sign-images.ts";
import {
  fingerprintsOf,
  nameOf,
  ownersOf,
  person,
  readTrust,
  wrongWith,
  type SignedBy,
} from "./trust-view.ts";
import { TrustOptions } from "./trust-options.ts";

const AddOptions = TrustOptions.extend({
  publicKey: z.array(z.string()).optional(),
  role: z.string().optional(),
  keepApprovals: z.boolean().default(false),
});
type Material = PublicKey & { readonly material: NonNullable<PublicKey["material"]> };
type Adding = {
  readonly user: string;
  readonly role: RoleName;
  readonly keys: readonly Material[];
};

/** `countersign signer add`: by account, with the keys that the server knows, or by key file. */
export async function runSignerAdd(
  session: Session,
  repository: string,
  users: readonly string[],
  given: unknown,
): Promise<void> {
  const { role, publicKey, keepApprovals, ...options } = AddOptions.parse(given);
  if (users.length > 1 && (role ?? publicKey) !== undefined)
    throw new CliError("cli/usage", "--role and --public-key are for one signer at a time");
  await using signing = await openSigning(session, options);
  const place = await signing.places.repository(repository);
  const signers: Adding[] = [];
  for (const user of users) {
    const keys =
      publicKey === undefined
        ? await keysOf(signing, user)
        : await Promise.all(publicKey.map((file) => keyIn(session, file)));
    for (const key of keys)
      session.world.err(`${user}: key ${key.material.fingerprint.slice(0, 16)}\n`);
    signers.push({ user, role: role === undefined ? signerRole(user) : readRole(role), keys });
  }
  await session.confirm(`Let ${listed(users)} sign ${place.gun} with these keys?`);
  const trust = signing.trust(place, "push,pull");
  try {
    await using _lock = await signing.directory.lock(place.gun, signing);
    const how = {
      keepsLists: keepApprovals,
      onRevival: (lists: readonly KeptList[]) => askAboutKept(session, place, lists),
    };
    const added = await addSigners(trust.parts, place.gun, signers, how, signing);
    const { isNew, isChanged, begun, revived } = added;
    const shown = signers.map(({ user, role: name, keys }) => ({
      user,
      role: name,
      keys: keys.map(({ material }) => material.fingerprint),
    }));
    session.show({
      json: { repository: place.gun, isNew, isChanged, begun, revived, signers: shown },
      ids: shown.map(({ role: name }) => name),
      text: fields([
        [isChanged ? "added" : "there before", listed(users)],
        ["to", place.gun],
        ["as", listed(shown.map(({ role: name }) => name))],
        ...begun.map((list) => ["begins anew", inShort(list)] as const),
        ...revived.map((list) => ["counts again", inShort(list)] as const),
        ["begun", isNew ? "the trust data of this repository: keep its root key safe" : undefined],
      ]),
    });
  } catch (error) {
    throw inWords(error, { place, trust });
  }
}

/** What a role that was taken away said, which its server has kept, is said before it counts again. */
async function askAboutKept(
  session: Session,
  { gun }: Place,
  lists: readonly KeptList[],
): Promise<void> {
  for (const list of lists)
    session.world.err(
      `warning: the server has kept what was signed before: ${inShort(list)}\n` +
        `hint:  its key is not held here; who holds it: countersign revoke ${gun} --all\n`,
    );
  await session.confirm("Let it count again?");
}

const maxListed = 10;

function inShort({ role, tags }: KeptList): string {
  const more = tags.length > maxListed ? ` and ${tags.length - maxListed} more` : "";
  return `${role}, with ${tags.slice(0, maxListed).join(", ")}${more}`;
}

async function keysOf({ account }: Signing, user: string): Promise<readonly Material[]> {
  const client = await account.client();
  const listed = (await client("listKeys", { params: { user } })).filter(
    (key) => key.revokedAt === undefined,
  );
  const keys = listed.map((key) => publicKeyFromPem(key.publicKey));
  if (keys.length > 0) return keys;
  throw new CliError(
    "cli/key-unknown",
    `${user} has no key yet`,
    `${user} makes one: countersign sign IMAGE, or countersign bundle create ${user}`,
  );
}

async function keyIn({ world }: Session, file: string): Promise<Material> {
  const text = await readNamedFile(resolve(world.workingDirectory, file), "the key file");
  try {
    return publicKeyFromPem(text);
  } catch (cause) {
    if (!(cause instanceof TufError)) throw cause;
    const hint = "give a PEM public key, or a certificate: cert.pem of a client bundle";
    throw new CliError("cli/usage", `${file} holds no public key that can sign`, hint, { cause });
  }
}

/** `countersign signer remove`: takes the role away, and its keys out of `targets/releases`. */
export async function runSignerRemove(
  session: Session,
  { repository, user }: { readonly repository: string; readonly user: string },
  given: unknown,
): Promise<void> {
  await using signing = await openSigning(session, TrustOptions.parse(given));
  const place = await signing.places.repository(repository);
  const role = user.startsWith("targets/") ? readRole(user) : signerRole(user);
  const { reading, open } = await readTrust(signing, place);
  if (open === undefined)
    throw new CliError("cli/trust-unreadable", `${repository}: ${wrongOf(reading)}`);
  const tags = open.targets.get(role)?.signed.targets.size ?? 0;
  await session.confirm(
    `Remove ${role} of ${place.gun}? ${tags === 1 ? "One approval" : `${tags} approvals`} will count no longer.`,
  );
  const releases = open.targets.get(readRole("releases"));
  const keyOf = new Map(
    [...(open.targets.get(targetsRole)?.signed.keys ?? [])].map(([id, { material }]) => [
      id,
      material?.canonicalId ?? id,
    ]),
  );
  const releasesSignedBy = (releases?.signatures ?? []).map(
    ({ keyId }) => keyOf.get(keyId) ?? keyId,
  );
  const trust = signing.trust(place, "push,pull");
  try {
    await using _lock = await signing.directory.lock(place.gun, signing);
    const removed = await removeSigner(trust.parts, place.gun, { role, releasesSignedBy }, signing);
    session.show({
      json: { repository: place.gun, ...removed },
      ids: [removed.role],
      text: removedText(removed, place.gun),
    });
  } catch (error) {
    throw inWords(error, { place, trust });
  }
}

function wrongOf(reading: Parameters<typeof wrongWith>[0] | { readonly kind: "verified" }): string {
  return reading.kind === "verified" ? "it cannot be read" : wrongWith(reading);
}

const maxNamed = 10;

function removedText({ role, tags, releases, elsewhere }: RemovedSigner, gun: string): string {
  const more = tags.length > maxNamed ? ` and ${tags.length - maxNamed} more` : "";
  const list = {
    "signed-again": "signed again: what was released stays so; countersign revoke takes it back",
    unsigned: "nobody who stays has signed it: sign an image, and it counts again",
    untouched: undefined,
  }[releases];
  return fields([
    ["removed", `${role} of ${gun}`],
    ["no longer approved by it", `${tags.slice(0, maxNamed).join(", ")}${more}`],
    ["releases", list],
    ["key also in", listed(elsewhere)],
  ]);
}

/** `countersign signer list`: every role with the people whose keys it has. */
export async function runSignerList(
  session: Session,
  repository: string,
  given: unknown,
): Promise<void> {
  await using signing = await openSigning(session, TrustOptions.parse(given));
  const place = await signing.places.repository(repository);
  const { reading, open } = await readTrust(signing, place);
  if (open === undefined)
    throw new CliError("cli/trust-unreadable", `${repository}: ${wrongOf(reading)}`);
  const delegated = [...open.targets.values()].flatMap(({ signed }) => signed.delegations);
  const roles = [{ name: targetsRole, ...open.root.signed.targets }, ...delegated];
  const owners = await ownersOf(signing, place, roles.flatMap(fingerprintsOf));
  const shown = roles.map((role) => ({
    role: role.name as RoleName,
    threshold: role.threshold,
    tags: open.targets.get(role.name)?.signed.targets.size ?? 0,
    keys: fingerprintsOf(role).map((key): SignedBy => person(key, owners)),
  }));
  session.show({
    json: { repository: place.gun, roles: shown },
    ids: shown.map(({ role }) => role),
    text: table(
      ["ROLE", "TAGS", "NEEDS", "SIGNERS"],
      shown.map(({ role, tags, threshold, keys }) => [
        role,
        String(tags),
        String(threshold),
        role === targetsRole && keys.every(({ account }) => account === undefined)
          ? `the owner (${keys.map(nameOf).join(", ")})`
          : [...new Set(keys.map(nameOf))].join(", ") || "nobody",
      ]),
    ),
  });
}
