import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  decodeSnapshot,
  delegationTo,
  describeFile,
  isTargetsRole,
  parentOf,
  requireContent,
  requireFresh,
  rootRole,
  snapshotRole,
  targetsRole,
  verifyThreshold,
  type Envelope,
  type FileMeta,
  type MetadataMeta,
  type RoleName,
  type Root,
  type Snapshot,
  type Trusted,
} from "#domain/tuf";
import { InvalidUpdate } from "./errors.ts";
import type { KeyVault, MetadataStore, StoredFile } from "./ports.ts";
import { serverSigners, signSnapshot } from "./server-signed.ts";
import { checking, received, type Uploaded } from "./update-parts.ts";
import { requireTargets, type TargetsTree } from "./update-targets.ts";

type Parts = { readonly store: MetadataStore; readonly keys: KeyVault };
type Sent = {
  readonly gun: Gun;
  readonly root: Trusted<Root>;
  readonly targets: TargetsTree;
  readonly uploaded: Uploaded;
  readonly now: Instant;
};

export type NextSnapshot = {
  readonly file: StoredFile;
  /** Roles of the previous snapshot that nobody delegates to any more. */
  readonly retired: readonly RoleName[];
};

/** The snapshot of an update: the client's, checked; else one of our own, if root gave us the key. */
export async function nextSnapshot(parts: Parts, sent: Sent, o: Options): Promise<NextSnapshot> {
  const stored = await parts.store.current(sent.gun, snapshotRole, o);
  const previous = stored === undefined ? undefined : decodeSnapshot(stored.bytes).signed;
  const listed = new Map(previous?.meta);
  const retired: RoleName[] = [];
  for (const role of listed.keys()) if (await isGone(role, sent.targets)) retired.push(role);
  if (sent.uploaded.snapshot !== undefined) {
    const snapshot = sent.uploaded.snapshot.read();
    await checkSnapshot(parts.store, { ...sent, snapshot }, o);
    await requireTargets(parts.store, { gun: sent.gun, tree: sent.targets }, o);
    // What the client's snapshot still names must stay where it can be fetched.
    const isNamed = (role: RoleName): boolean => snapshot.signed.meta.has(role);
    return {
      file: received(snapshot, sent.now),
      retired: retired.filter((role) => !isNamed(role)),
    };
  }
  await requireTargets(parts.store, { gun: sent.gun, tree: sent.targets }, o);
  for (const role of retired) listed.delete(role);
  const version = (previous?.version ?? 0) + 1;
  return { file: await ownSnapshot(parts, { ...sent, listed, version }, o), retired };
}

async function ownSnapshot(
  { keys }: Parts,
  sent: Sent & { readonly listed: ReadonlyMap<RoleName, MetadataMeta>; readonly version: number },
  o: Options,
): Promise<StoredFile> {
  const { gun, root, uploaded, version, now } = sent;
  const of = root.signed.snapshot;
  const signers = await serverSigners(keys, { gun, role: "snapshot", of }, o);
  if (signers === undefined)
    throw new InvalidUpdate(
      "ErrBadHierarchy",
      "no snapshot was included in update and server does not hold current snapshot key for repository",
      { missing: snapshotRole },
    );
  const meta = new Map<RoleName, FileMeta>(sent.listed);
  const files = [root, ...uploaded.targets.map((part) => part.read())];
  for (const file of files) meta.set(file.role, describeFile(file.bytes));
  return await signSnapshot(meta, { version, now, signers });
}

/** A client's snapshot must describe the files of this update, and the stored root and targets that stay. */
async function checkSnapshot(
  store: MetadataStore,
  sent: Sent & { readonly snapshot: Envelope<Snapshot> },
  o: Options,
): Promise<void> {
  const { gun, root, targets, uploaded, now } = sent;
  const snapshot = checking("ErrBadSnapshot", () =>
    verifyThreshold(sent.snapshot, root.signed.snapshot),
  );
  checking("ErrBadSnapshot", () => requireFresh(snapshot, now));
  const { meta } = snapshot.signed;
  const files = new Map<RoleName, Uint8Array>([[rootRole, root.bytes]]);
  const base = await targets(targetsRole);
  if (base !== undefined) files.set(targetsRole, base.bytes);
  for (const part of uploaded.targets) files.set(part.role, part.read().bytes);
  for (const [role, bytes] of files) {
    const described = meta.get(role);
    if (described === undefined)
      throw new InvalidUpdate(
        "ErrBadSnapshot",
        `snapshot type metadata invalid: missing ${role} sha256 checksum information`,
      );
    checking("ErrBadSnapshot", () => requireContent(role, bytes, described));
  }
  for (const [role, described] of meta) {
    if (files.has(role) || !isTargetsRole(role)) continue;
    const found = await store.byChecksum(gun, role, described.sha256, o);
    if (found === undefined)
      throw new InvalidUpdate(
        "ErrBadSnapshot",
        `sha256 checksum for ${role} did not match: expected ${described.sha256}`,
      );
  }
}

/** Whether a role is no longer delegated to. Of a role whose parent cannot be verified nothing is known: it stays. */
async function isGone(role: RoleName, targets: TargetsTree): Promise<boolean> {
  const parent = parentOf(role);
  if (parent === undefined) return false;
  const file = await targets(parent);
  return file === undefined
    ? await isGone(parent, targets)
    : delegationTo(file.signed, role) === undefined;
}
