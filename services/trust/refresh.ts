import type { Clock, Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  decodeRoot,
  decodeSnapshot,
  rootRole,
  snapshotRole,
  timestampRole,
  type RoleName,
  type Root,
} from "#domain/tuf";
import { TrustError } from "./errors.ts";
import type { KeyVault, MetadataStore, StoredFile } from "./ports.ts";
import { lifetimeMs, serverSigners, signSnapshot, signTimestamp } from "./server-signed.ts";
import { signingDate } from "./signing-date.ts";

export type RefreshParts = {
  readonly store: MetadataStore;
  readonly keys: KeyVault;
  readonly clock: Clock;
};
type At = { readonly gun: Gun; readonly root: Root; readonly now: Instant };
/** `skip`: sign also what is not due, and leave out so many version numbers. */
type How = { readonly skip: number | undefined };

/**
 * Gives a timestamp or snapshot as it is while it has more than half its life before it; then signs it
 * again, ahead of expiry, so that copies in caches stay good too. Where that cannot be done (the client
 * holds the key, the root or snapshot is expired, the clock is wrong) the file is given as it is, and says
 * itself when it expires.
 */
export async function refreshed(
  parts: RefreshParts,
  gun: Gun,
  file: StoredFile,
  o: Options,
): Promise<StoredFile | undefined> {
  if (!isDue(file.role, file.expiresAt, parts.clock())) return file;
  await refresh(parts, gun, o);
  return await parts.store.current(gun, file.role, o);
}

/** Whether a timestamp or snapshot has lost half its life. */
export function isDue(role: RoleName, expiresAt: Instant, now: Instant): boolean {
  const lifetime = role === timestampRole ? lifetimeMs.timestamp : lifetimeMs.snapshot;
  return expiresAt - now < lifetime / 2;
}

/**
 * Signs the timestamp and snapshot of a repository again where they are due and that can be done; says
 * whether it did. With `skip` they are signed in any case, so many versions ahead.
 */
export async function refresh(
  parts: RefreshParts,
  gun: Gun,
  o: Options,
  { skip }: How = { skip: undefined },
): Promise<boolean> {
  const root = await parts.store.current(gun, rootRole, o);
  const now = await signingDate(parts, o);
  // What is signed under an expired root would be believed by nobody.
  if (root === undefined || now === undefined || root.expiresAt <= now) return false;
  try {
    return await signAgain(parts, { gun, root: decodeRoot(root.bytes).signed, now, skip }, o);
  } catch (error) {
    // Somebody else signed or published at the same moment: theirs is as good.
    if (error instanceof TrustError && error.code === "trust/version-conflict") return false;
    throw error;
  }
}

async function signAgain(
  { store, keys }: RefreshParts,
  at: At & How,
  o: Options,
): Promise<boolean> {
  const { gun, root, now, skip } = at;
  const isForced = skip !== undefined;
  const old = {
    snapshot: await store.current(gun, snapshotRole, o),
    timestamp: await store.current(gun, timestampRole, o),
  };
  const of = root.timestamp;
  const timestampSigners = await serverSigners(keys, { gun, role: "timestamp", of }, o);
  if (old.snapshot === undefined || timestampSigners === undefined) return false;
  const snapshot =
    isForced || isDue(snapshotRole, old.snapshot.expiresAt, now)
      ? await snapshotAgain(keys, at, old.snapshot, o)
      : undefined;
  if (snapshot === undefined) {
    if (old.snapshot.expiresAt <= now) return false; // the client's own, and over
    const expires = old.timestamp?.expiresAt;
    const isFresh = expires !== undefined && !isDue(timestampRole, expires, now);
    if (isFresh && !isForced) return false;
  }
  const version = (old.timestamp?.version ?? 0) + 1 + (skip ?? 0);
  const timestamp = await signTimestamp((snapshot ?? old.snapshot).bytes, {
    version,
    now,
    signers: timestampSigners,
  });
  const files = snapshot === undefined ? [timestamp] : [snapshot, timestamp];
  await store.publish(gun, { files, retired: [] }, o);
  return true;
}

async function snapshotAgain(
  keys: KeyVault,
  { gun, root, now, skip }: At & How,
  old: StoredFile,
  o: Options,
): Promise<StoredFile | undefined> {
  const signers = await serverSigners(keys, { gun, role: "snapshot", of: root.snapshot }, o);
  if (signers === undefined) return undefined;
  const { meta, version } = decodeSnapshot(old.bytes).signed;
  return await signSnapshot(meta, { version: version + 1 + (skip ?? 0), now, signers });
}
