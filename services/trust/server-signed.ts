import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  composeFile,
  describeFile,
  snapshotPayload,
  snapshotRole,
  timestampPayload,
  timestampRole,
  type FileMeta,
  type RoleKeys,
  type RoleName,
  type Signer,
} from "#domain/tuf";
import type { KeyVault, ServerRole, StoredFile } from "./ports.ts";

const msPerDay = 86_400_000;
/** As Notary's server gives them. */
export const lifetimeMs = { timestamp: 14 * msPerDay, snapshot: 3 * 365 * msPerDay } as const;

/** Signers for a role: one for each of its keys that we hold; undefined when they are too few for its threshold. */
export async function serverSigners(
  keys: KeyVault,
  { gun, role, of }: { readonly gun: Gun; readonly role: ServerRole; readonly of: RoleKeys },
  o: Options,
): Promise<readonly Signer[] | undefined> {
  const signers: Signer[] = [];
  for (const keyId of of.keys.keys()) {
    const signer = await keys.signer(gun, role, keyId, o);
    if (signer !== undefined) signers.push(signer);
  }
  return signers.length >= of.threshold ? signers : undefined;
}

type Next = {
  readonly version: number;
  readonly now: Instant;
  readonly signers: readonly Signer[];
};

/** A new snapshot of the files described by `meta`. */
export async function signSnapshot(
  meta: ReadonlyMap<RoleName, FileMeta>,
  { version, now, signers }: Next,
): Promise<StoredFile> {
  const expires = now + lifetimeMs.snapshot;
  const bytes = await composeFile(snapshotPayload({ version, expires, meta }), signers);
  return stored(snapshotRole, bytes, { version, expires, now });
}

/** A new timestamp of the snapshot in `bytes`. */
export async function signTimestamp(
  snapshot: Uint8Array,
  { version, now, signers }: Next,
): Promise<StoredFile> {
  const expires = now + lifetimeMs.timestamp;
  const described = describeFile(snapshot);
  const bytes = await composeFile(
    timestampPayload({ version, expires, snapshot: described }),
    signers,
  );
  return stored(timestampRole, bytes, { version, expires, now });
}

/** A file on its way into the store. */
export function stored(
  role: RoleName,
  bytes: Uint8Array,
  of: { readonly version: number; readonly expires: Instant; readonly now: Instant },
): StoredFile {
  const { sha256 } = describeFile(bytes);
  return { role, version: of.version, sha256, bytes, expiresAt: of.expires, storedAt: of.now };
}
