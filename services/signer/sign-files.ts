import type { Instant } from "#domain/kernel";
import {
  byDepth,
  composeFile,
  describeFile,
  isTargetsRole,
  nextVersion,
  parentOf,
  rootPayload,
  rootRole,
  snapshotPayload,
  snapshotRole,
  targetsPayload,
  targetsRole,
  TufError,
  type FileMeta,
  type RoleKeys,
  type RoleName,
  type Signer,
} from "#domain/tuf";
import { payloadOf, type Draft } from "./draft.ts";
import { refused, SignerError } from "./errors.ts";
import type { Keyring } from "./keyring.ts";

type Terms = {
  readonly keyring: Keyring;
  readonly now: Instant;
  /** More signatures for the next root: those of keys that earlier roots named. */
  readonly rootCosigners?: readonly Signer[];
};

/**
 * The files that bring a draft to its server: what is dirty, each signed with every held key of its role, and
 * the snapshot if its keys are held: else the server has them. Throws `signer/key-missing`.
 */
export async function signFiles(
  draft: Draft,
  terms: Terms,
): Promise<ReadonlyMap<RoleName, Uint8Array>> {
  const files = new Map<RoleName, Uint8Array>();
  const root = await signedRoot(draft, terms);
  if (root !== undefined || draft.isNew) files.set(rootRole, root ?? draft.rootFile);
  for (const role of [...draft.dirty].toSorted(byDepth))
    files.set(role, await signedTargets(draft, role, terms));
  const snapshot = await signedSnapshot(draft, files, terms);
  return snapshot === undefined ? files : files.set(snapshotRole, snapshot);
}

async function signedRoot(draft: Draft, terms: Terms): Promise<Uint8Array | undefined> {
  const { root, previousRoot } = draft;
  const { keyring, now, rootCosigners = [] } = terms;
  if (!draft.isRootDirty) return undefined;
  const own = await keyring.signers(rootRole, root.root);
  const before = previousRoot === undefined ? [] : await keyring.signers(rootRole, previousRoot);
  const signers = new Map([...own, ...before, ...rootCosigners].map((each) => [each.keyId, each]));
  return await composeFile(rootPayload(nextVersion(root, "root", now)), [...signers.values()]);
}

async function signedTargets(
  draft: Draft,
  role: RoleName,
  { keyring, now }: Terms,
): Promise<Uint8Array> {
  const content = draft.contents.get(role);
  const keys = keysFor(draft, role);
  if (content === undefined || keys === undefined)
    throw refused(`tuf: invalid role ${role}. delegation does not exist`);
  const payload = nextVersion({ ...payloadOf(content), expires: 0 }, "targets", now);
  const signers = await keyring.signers(role, keys);
  try {
    return await composeFile(targetsPayload(payload), signers);
  } catch (cause) {
    if (!(cause instanceof TufError)) throw cause;
    throw new SignerError("signer/change-refused", `${role}: ${cause.message}`, { cause });
  }
}

function keysFor(draft: Draft, role: RoleName): RoleKeys | undefined {
  const parent = parentOf(role);
  if (parent === undefined) return draft.root.targets;
  return draft.contents.get(parent)?.delegations.find(({ name }) => name === role);
}

async function signedSnapshot(
  draft: Draft,
  files: ReadonlyMap<RoleName, Uint8Array>,
  { keyring, now }: Terms,
): Promise<Uint8Array | undefined> {
  const role = draft.root.snapshot;
  const held = await keyring.held(role);
  if (held.length === 0) return undefined;
  const signers = await keyring.signers(snapshotRole, role);
  const kept = [...draft.snapshot.meta].filter(([name]) => !isGone(draft, name));
  const meta = new Map<RoleName, FileMeta>(kept);
  for (const [name, bytes] of files) meta.set(name, describeFile(bytes));
  const payload = nextVersion({ ...draft.snapshot, meta, expires: 0 }, "snapshot", now);
  return await composeFile(snapshotPayload(payload), signers);
}

/** Whether nobody delegates to a role any more. Of one whose parent cannot be read nothing is known: it stays. */
function isGone(draft: Draft, role: RoleName): boolean {
  const parent = isTargetsRole(role) && role !== targetsRole ? parentOf(role) : undefined;
  if (parent === undefined) return false;
  const content = draft.contents.get(parent);
  return content === undefined
    ? isGone(draft, parent)
    : !content.delegations.some(({ name }) => name === role);
}
