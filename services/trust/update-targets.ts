import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  byDepth,
  decodeTargets,
  delegationTo,
  parentOf,
  requireFresh,
  targetsRole,
  TufError,
  verifyThreshold,
  type RoleKeys,
  type RoleName,
  type Root,
  type Targets,
  type Trusted,
} from "#domain/tuf";
import { InvalidUpdate } from "./errors.ts";
import type { MetadataStore } from "./ports.ts";
import { checking, type Uploaded } from "./update-parts.ts";

type Sent = {
  readonly gun: Gun;
  readonly root: Trusted<Root>;
  readonly uploaded: Uploaded;
  readonly now: Instant;
};

/** The targets roles of a repository as they will be after the update; undefined for one that nobody can verify. */
export type TargetsTree = (role: RoleName) => Promise<Trusted<Targets> | undefined>;

/**
 * Checks the uploaded targets files, parents before children, each against the role that its parent
 * delegates: the parent of this same update, else the stored one (which may have expired).
 */
export async function acceptTargets(
  store: MetadataStore,
  sent: Sent,
  o: Options,
): Promise<TargetsTree> {
  const known = new Map<RoleName, Trusted<Targets> | undefined>();
  const tree: TargetsTree = async (role) => {
    if (!known.has(role)) known.set(role, await storedTargets(store, { ...sent, role, tree }, o));
    return known.get(role);
  };
  for (const part of sent.uploaded.targets.toSorted((a, b) => byDepth(a.role, b.role))) {
    const uploaded = part.read();
    const keys = await keysFor(uploaded.role, { root: sent.root, tree });
    if (keys === undefined)
      throw new InvalidUpdate(
        "ErrBadTargets",
        `tuf: invalid role ${uploaded.role}. delegation does not exist`,
      );
    const accepted = checking("ErrBadTargets", () => verifyThreshold(uploaded, keys));
    checking("ErrBadTargets", () => requireFresh(accepted, sent.now));
    known.set(uploaded.role, accepted);
  }
  return tree;
}

/** Every repository has targets, and those that stay must still be signed by the keys that root names now. */
export async function requireTargets(
  store: MetadataStore,
  { gun, tree }: { readonly gun: Gun; readonly tree: TargetsTree },
  o: Options,
): Promise<void> {
  if ((await tree(targetsRole)) !== undefined) return;
  const isStored = (await store.current(gun, targetsRole, o)) !== undefined;
  throw isStored
    ? new InvalidUpdate("ErrBadTargets", "valid signatures did not meet threshold for targets")
    : new InvalidUpdate("ErrValidation", "targets must be loaded first");
}

async function keysFor(
  role: RoleName,
  { root, tree }: { readonly root: Trusted<Root>; readonly tree: TargetsTree },
): Promise<RoleKeys | undefined> {
  const parent = parentOf(role);
  if (parent === undefined) return root.signed.targets;
  const file = await tree(parent);
  return file === undefined ? undefined : delegationTo(file.signed, role);
}

async function storedTargets(
  store: MetadataStore,
  at: {
    readonly gun: Gun;
    readonly root: Trusted<Root>;
    readonly role: RoleName;
    readonly tree: TargetsTree;
  },
  o: Options,
): Promise<Trusted<Targets> | undefined> {
  const stored = await store.current(at.gun, at.role, o);
  const keys = stored === undefined ? undefined : await keysFor(at.role, at);
  if (stored === undefined || keys === undefined) return undefined;
  try {
    return verifyThreshold(decodeTargets(stored.bytes, at.role), keys);
  } catch (error) {
    if (error instanceof TufError) return undefined; // its keys were changed and nobody has signed again yet
    throw error;
  }
}
