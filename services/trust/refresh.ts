import type { Clock, Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  decodeRoot,
  decodeSnapshot,
  rootRole,
  snapshotRole,
  timestampRole,
  type Root,
} from "#domain/tuf";
import { TrustError } from "./errors.ts";
import type { KeyVault, MetadataStore, StoredFile } from "./ports.ts";
import { lifetimeMs, serverSigners, signSnapshot, signTimestamp } from "./server-signed.ts";

type Parts = { readonly store: MetadataStore; readonly keys: KeyVault; readonly clock: Clock };
type At = { readonly gun: Gun; readonly root: Root; readonly now: Instant };

/**
 * Gives a timestamp or snapshot as it is while it has more than half its life before it; then signs it
 * again, ahead of expiry, so that copies in caches stay good too. Where that cannot be done (the client
 * holds the key) the file is given as it is, and says itself when it expires.
 */
export async function refreshed(
  parts: Parts,
  gun: Gun,
  file: StoredFile,
  o: Options,
): Promise<StoredFile | undefined> {
  const now = parts.clock();
  if (!isDue(file, now)) return file;
  const root = await parts.store.current(gun, rootRole, o);
  if (root === undefined) return file;
  try {
    await signAgain(parts, { gun, root: decodeRoot(root.bytes).signed, now }, o);
  } catch (error) {
    // Somebody else signed or published at the same moment: theirs is as good.
    if (!(error instanceof TrustError) || error.code !== "trust/version-conflict") throw error;
  }
  return await parts.store.current(gun, file.role, o);
}

function isDue(file: StoredFile, now: Instant): boolean {
  const lifetime = file.role === timestampRole ? lifetimeMs.timestamp : lifetimeMs.snapshot;
  return file.expiresAt - now < lifetime / 2;
}

async function signAgain({ store, keys }: Parts, at: At, o: Options): Promise<void> {
  const { gun, root, now } = at;
  const old = {
    snapshot: await store.current(gun, snapshotRole, o),
    timestamp: await store.current(gun, timestampRole, o),
  };
  const timestampSigners = await serverSigners(
    keys,
    { gun, role: "timestamp", of: root.timestamp },
    o,
  );
  if (old.snapshot === undefined || timestampSigners === undefined) return;
  const snapshot = isDue(old.snapshot, now)
    ? await snapshotAgain(keys, at, old.snapshot, o)
    : undefined;
  if (snapshot === undefined && old.timestamp !== undefined && !isDue(old.timestamp, now)) return;
  const version = (old.timestamp?.version ?? 0) + 1;
  const timestamp = await signTimestamp((snapshot ?? old.snapshot).bytes, {
    version,
    now,
    signers: timestampSigners,
  });
  const files = snapshot === undefined ? [timestamp] : [snapshot, timestamp];
  await store.publish(gun, { files, retired: [] }, o);
}

async function snapshotAgain(
  keys: KeyVault,
  { gun, root, now }: At,
  old: StoredFile,
  o: Options,
): Promise<StoredFile | undefined> {
  const signers = await serverSigners(keys, { gun, role: "snapshot", of: root.snapshot }, o);
  if (signers === undefined) return undefined;
  const { meta, version } = decodeSnapshot(old.bytes).signed;
  return await signSnapshot(meta, { version: version + 1, now, signers });
}
