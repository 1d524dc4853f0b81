import type { Clock, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { timestampRole, type RoleName } from "#domain/tuf";
import { InvalidUpdate, TrustError } from "./errors.ts";
import type { KeyVault, MetadataStore, Publication } from "./ports.ts";
import { serverSigners, signTimestamp } from "./server-signed.ts";
import { signingDate } from "./signing-date.ts";
import { readParts, received, type Uploaded } from "./update-parts.ts";
import { acceptRoot } from "./update-root.ts";
import { nextSnapshot } from "./update-snapshot.ts";
import { acceptTargets } from "./update-targets.ts";

export type UpdateParts = {
  readonly store: MetadataStore;
  readonly keys: KeyVault;
  readonly clock: Clock;
};

/** More than there are processes: of those that collide, one gets through each time. */
const maxAttempts = 16;

/**
 * Checks an update in the order of Notary's server and stores it with a new snapshot and timestamp. When
 * somebody else published meanwhile, but none of the files that this client sent, it is tried again on top
 * of theirs. Throws what `TrustService.update` says.
 */
export async function publishUpdate(
  parts: UpdateParts,
  gun: Gun,
  files: ReadonlyMap<RoleName, Uint8Array>,
  o: Options,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await parts.store.publish(gun, await plan(parts, gun, readParts(files), o), o);
    } catch (error) {
      if (!isConflict(error) || attempt === maxAttempts) throw error;
      await requireNewer(parts.store, { gun, files }, o);
    }
  }
}

async function plan(
  parts: UpdateParts,
  gun: Gun,
  uploaded: Uploaded,
  o: Options,
): Promise<Publication> {
  const now = await signingDate(parts, o);
  if (now === undefined)
    throw new TrustError("trust/clock-behind", "nothing is signed while the clock is wrong");
  const root = await acceptRoot(parts.store, { gun, uploaded: uploaded.root, now }, o);
  const targets = await acceptTargets(parts.store, { gun, root, uploaded, now }, o);
  const { file, retired } = await nextSnapshot(parts, { gun, root, targets, uploaded, now }, o);
  const previous = await parts.store.current(gun, timestampRole, o);
  const signers = await serverSigners(
    parts.keys,
    { gun, role: "timestamp", of: root.signed.timestamp },
    o,
  );
  if (signers === undefined)
    throw new InvalidUpdate("ErrBadRoot", "no  timestamp keys exist on the server");
  const version = (previous?.version ?? 0) + 1;
  const timestamp = await signTimestamp(file.bytes, { version, now, signers });
  const sent = [uploaded.root, ...uploaded.targets].filter((part) => part !== undefined);
  return { files: [...sent.map((part) => received(part.read(), now)), file, timestamp], retired };
}

function isConflict(error: unknown): boolean {
  return error instanceof TrustError && error.code === "trust/version-conflict";
}

async function requireNewer(
  store: MetadataStore,
  sent: { readonly gun: Gun; readonly files: ReadonlyMap<RoleName, Uint8Array> },
  o: Options,
): Promise<void> {
  const { root, targets, snapshot } = readParts(sent.files);
  for (const part of [root, ...targets, snapshot]) {
    if (part === undefined) continue;
    const current = await store.current(sent.gun, part.role, o);
    if (current !== undefined && current.version >= part.read().signed.version)
      throw new TrustError("trust/version-conflict", `${part.role} is not newer`);
  }
}
