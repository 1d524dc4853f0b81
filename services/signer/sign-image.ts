import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  isWithin,
  parseRoleName,
  targetsRole,
  type Delegation,
  type RoleKeys,
  type RoleName,
} from "#domain/tuf";
import { applyChanges, isSameTarget } from "./apply-changes.ts";
import type { Change } from "./change.ts";
import type { Draft } from "./draft.ts";
import { refused, SignerError } from "./errors.ts";
import { createKeyring } from "./keyring.ts";
import { offer } from "./offer.ts";
import { withFloors, type Opened } from "./open-draft.ts";
import type { HeldKey, KeyStore, SigningKey } from "./ports.ts";
import { heldIds } from "./publish-changes.ts";
import { initialisedNow, type PublishParts } from "./publish.ts";

/** What a tag is to stand for: the hex digits of the manifest's sha256, and its length in bytes. */
export type ImageToSign = {
  readonly tag: string;
  readonly sha256: string;
  readonly length: number;
};

export type SignImageOptions = {
  /** The signer's name: the role `targets/NAME` is made where there is none, if the keys of `targets` are held. */
  readonly as?: string;
  /** Canonical id of the signer's key; default the first one held whose role is the name, else a new one. */
  readonly key?: string;
  /** Signs into these alone, in place of every role that may; one that is not there is made. With it goes `key`. */
  readonly roles?: readonly RoleName[];
};

export type SignedImage = {
  /** The roles that now say what the tag stands for, whether they did before or not. */
  readonly roles: readonly RoleName[];
  /** Those of them that were delegated on the way. */
  readonly delegated: readonly RoleName[];
  /** Of each image that was given, in their order: the roles that said so before, and were not signed for it. */
  readonly already: readonly (readonly RoleName[])[];
  /** Whether the repository had no trust data before. */
  readonly isNew: boolean;
  /** False where all was signed as it is already, and nothing was sent. */
  readonly isChanged: boolean;
  /** A key that was made for the signer. */
  readonly newKey?: HeldKey;
};

const releases = parseRoleName("targets/releases");

/**
 * Signs one image, in one publish, without touching what is staged. A repository that is nowhere is begun, with
 * its snapshot kept by the server. Like docker, it signs into every first-level delegation that reaches the tag
 * and has a key that is held; for a signer with a name that has no role yet, it makes the role and adds the key
 * to `releases` as well, where the keys of `targets` are held. Without delegations and without a name `targets`
 * itself says it. Throws as `Signer.publish` does.
 */
export async function signImage(
  parts: PublishParts,
  gun: Gun,
  image: ImageToSign,
  how: SignImageOptions,
  o: Options,
): Promise<SignedImage> {
  return await signImages(parts, gun, [image], how, o);
}

/** As `signImage`, for several images of one repository, in one publish. `roles` are those of any of them. */
export async function signImages(
  parts: PublishParts,
  gun: Gun,
  images: readonly ImageToSign[],
  how: SignImageOptions,
  o: Options,
): Promise<SignedImage> {
  const keyring = createKeyring(parts.keys, o);
  const own = how.as === undefined ? undefined : ownRole(how.as);
  let made: SigningKey | undefined;
  let plan: Pick<SignedImage, "roles" | "delegated" | "already"> = {
    roles: [],
    delegated: [],
    already: [],
  };
  const signerKey = async (name: string): Promise<SigningKey> => {
    const found = await chosenKey(parts.keys, { ...how, name }, keyring.open, o);
    if (found !== undefined) return found;
    made ??= await parts.keys.generate({ role: name }, o);
    keyring.add(made);
    return made;
  };
  const next = async (opened: Opened | undefined) => {
    const begun = { serverKeepsSnapshot: true, keyring };
    const { draft } = opened ?? (await initialisedNow(parts, gun, begun, o));
    const held = await heldIds(parts.keys, o);
    const plans = images.map((image) => planFor(draft, { own, image, held, how }));
    plan = {
      roles: [...new Set(plans.flatMap(({ roles }) => roles))],
      delegated: [...new Set(plans.flatMap(({ delegated }) => delegated))],
      already: plans.map(({ roles, image }) => roles.filter((role) => says(draft, role, image))),
    };
    const isDelegating = plan.delegated.length > 0;
    const key = isDelegating ? await signerKey(how.as ?? nameIn(plan.delegated)) : undefined;
    const changes = [...delegations(draft, plan.delegated, key), ...plans.flatMap(targetsOf)];
    const ready = await withFloors(draft, plan.roles, { ...parts, gun }, o);
    return { draft: applyChanges(ready, changes) };
  };
  const { draft, files } = await offer(parts, gun, { keyring, next, onlyNews: true }, o);
  const signed = { ...plan, isNew: draft.isNew, isChanged: files.size > 0 };
  return made === undefined ? signed : { ...signed, newKey: heldOf(made) };
}

type Plan = {
  readonly image: ImageToSign;
  readonly roles: readonly RoleName[];
  readonly delegated: readonly RoleName[];
};

function planFor(
  draft: Draft,
  at: {
    readonly own: RoleName | undefined;
    readonly image: ImageToSign;
    readonly held: ReadonlySet<string>;
    readonly how: SignImageOptions;
  },
): Plan {
  const { own, held, image, how } = at;
  const chosen = how.roles;
  const delegated = draft.contents.get(targetsRole)?.delegations ?? [];
  const isOwner = isAnyHeld(draft.root.targets, held);
  if (chosen !== undefined) {
    const isHeld = (role: RoleName): boolean =>
      role === targetsRole
        ? isOwner
        : delegated.some((one) => one.name === role && isAnyHeld(one, held));
    const others = chosen.filter((role) => !isHeld(role));
    const [first] = others;
    if (first !== undefined && !isOwner) throw nobody(draft, delegated, first);
    return { image, roles: chosen, delegated: others };
  }
  const isMine = (delegation: Delegation): boolean =>
    isWithin(image.tag, delegation.paths) && isAnyHeld(delegation, held);
  const mine = delegated.filter(isMine).map(({ name }) => name);
  // A role of that name may be there for another key: only who names the key says that it is the same person's.
  const isThere = delegated.some(
    (one) => one.name === own && (how.key === undefined || isAnyHeld(one, held)),
  );
  if (own !== undefined && !isThere && isOwner) {
    const added = mine.includes(releases) ? [own] : [own, releases];
    return { image, roles: [...mine, ...added], delegated: added };
  }
  if (mine.length > 0) return { image, roles: mine, delegated: [] };
  if (delegated.length === 0 && own === undefined)
    return { image, roles: [targetsRole], delegated: [] };
  throw nobody(draft, delegated, own);
}

/** Delegates to the key; what a role that is there may speak about stays as it is. */
function delegations(
  draft: Draft,
  roles: readonly RoleName[],
  key: SigningKey | undefined,
): readonly Change[] {
  const there = draft.contents.get(targetsRole)?.delegations ?? [];
  return roles.map((role): Change => {
    const isThere = there.some(({ name }) => name === role);
    const edit = {
      addKeys: key === undefined ? [] : [key.publicKey],
      removeKeys: [],
      addPaths: isThere ? [] : [""],
      removePaths: [],
      clearPaths: false,
    };
    return { kind: "delegation-add", role, edit };
  });
}

function targetsOf({ image, roles }: Plan): readonly Change[] {
  const { tag: name, sha256, length } = image;
  return roles.map((role) => ({ kind: "target-add", role, name, target: { sha256, length } }));
}

/** Whether a role that need not be signed again says that the tag is this image, and nothing else of it. */
function says(draft: Draft, role: RoleName, { tag, sha256, length }: ImageToSign): boolean {
  const target = draft.contents.get(role)?.targets.get(tag);
  return !draft.expired.has(role) && isSameTarget(target, { sha256, length });
}

function nameIn(roles: readonly RoleName[]): string {
  return roles[0]?.slice("targets/".length) ?? "";
}

function ownRole(name: string): RoleName {
  const role = parseRoleName(`targets/${name}`);
  if (role === releases || name.includes("/")) throw refused(`${name} is no name for a signer`);
  return role;
}

async function chosenKey(
  keys: KeyStore,
  how: { readonly key?: string; readonly name: string },
  open: (id: string) => Promise<SigningKey | undefined>,
  o: Options,
): Promise<SigningKey | undefined> {
  const first = (await keys.list(o)).find(({ role }) => role === how.name)?.id;
  const id = how.key ?? first;
  const key = id === undefined ? undefined : await open(id);
  if (how.key !== undefined && key === undefined)
    throw new SignerError("signer/key-unknown", `no key ${how.key} is held`);
  return key;
}

function isAnyHeld(role: RoleKeys, held: ReadonlySet<string>): boolean {
  return [...role.keys.values()].some((key) => held.has(key.material?.canonicalId ?? ""));
}

function nobody(
  draft: Draft,
  delegated: readonly Delegation[],
  own: RoleName | undefined,
): SignerError {
  const role = own ?? targetsRole;
  const keys = delegated.length === 0 ? [draft.root.targets] : delegated;
  const ids = keys.flatMap((each) =>
    [...each.keys.values()].map((key) => key.material?.canonicalId ?? key.id),
  );
  return new SignerError("signer/key-missing", "no valid signing keys for delegation roles", {
    role,
    keyIds: [...new Set(ids)],
  });
}

function heldOf({ id, role, gun, location }: HeldKey): HeldKey {
  return gun === undefined ? { id, role, location } : { id, role, gun, location };
}
