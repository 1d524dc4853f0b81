import { createPrivateKey, createPublicKey } from "node:crypto";
import type { Clock, Options } from "#domain/kernel";
import { publicKeyFromPem, rootRole } from "#domain/tuf";
import type { BackupContents, KeyCopy, PinCopy } from "./backup-contents.ts";
import type { KeyOpener, Pins } from "./backup-ports.ts";
import { SignerError } from "./errors.ts";
import type { HeldKey, KeyFiles, KeyStore } from "./ports.ts";

export type BackupParts = {
  readonly keys: Pick<KeyStore, "list"> & KeyFiles & KeyOpener;
  readonly pins: Pins;
  readonly clock: Clock;
};

export type BackupOptions = {
  readonly rootOnly: boolean;
  /** Takes a key that is not opened as it is: it is then good only together with its own passphrase. */
  readonly locked: boolean;
};

/** Everything that a backup holds: each key opened, so that the backup's passphrase alone brings it back. */
export async function collectBackup(
  parts: BackupParts,
  how: BackupOptions,
  o: Options,
): Promise<BackupContents> {
  const keys: KeyCopy[] = [];
  for (const key of await parts.keys.list(o))
    if (!how.rootOnly || key.role === rootRole) keys.push(await copyOf(parts.keys, key, how, o));
  const pins: PinCopy[] = [];
  for (const gun of await parts.pins.repositories(o)) {
    const root = await parts.pins.root(gun, o);
    if (root !== undefined) pins.push({ gun, root });
  }
  return { madeAt: parts.clock(), keys, pins };
}

async function copyOf(
  keys: BackupParts["keys"],
  { id, role, gun }: HeldKey,
  how: BackupOptions,
  o: Options,
): Promise<KeyCopy> {
  const kept = await keys.exportPem([id], o);
  const copy = { id, role, ...(gun === undefined ? {} : { gun }), kept };
  try {
    return { ...copy, opened: await keys.openedPem(id, o) };
  } catch (error) {
    const isLocked = error instanceof SignerError && error.code === "signer/passphrase-wrong";
    if (how.locked && isLocked) return copy;
    throw error;
  }
}

/** Recomputes the public half of each opened key of a backup. Throws `signer/backup-unreadable` for one that differs. */
export function checkBackup(contents: BackupContents): void {
  for (const { id, opened } of contents.keys)
    if (opened !== undefined && idOf(opened) !== id)
      throw new SignerError("signer/backup-unreadable", `the key ${id} of the backup is another`);
}

/** Whether two readings of a backup are of the same keys and pins. */
export function isSameBackup(a: BackupContents, b: BackupContents): boolean {
  const facts = ({ keys, pins }: BackupContents): string =>
    JSON.stringify([
      keys.map(({ id, role, gun, kept, opened }) => [id, role, gun, kept, opened]),
      pins.map(({ gun, root }) => [gun, Buffer.from(root).toString("hex")]),
    ]);
  return facts(a) === facts(b);
}

function idOf(pem: string): string | undefined {
  try {
    const half = createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "pem" });
    return publicKeyFromPem(half.toString()).material.canonicalId;
  } catch {
    return undefined; // whatever it is, it is not the key
  }
}

export type RestoreOptions = {
  /** Puts the keys under new passphrases: for those whose own are forgotten. */
  readonly newPassphrases: boolean;
  /** Replaces the files of keys that are held already: the same keys, maybe under other passphrases. */
  readonly replace: boolean;
};

export type Restored = {
  readonly keys: readonly {
    readonly key: KeyCopy;
    readonly outcome: "restored" | "replaced" | "held" | "locked";
  }[];
  readonly pins: readonly { readonly gun: string; readonly outcome: "restored" | "held" }[];
};

/**
 * Brings back what a backup holds. What is held stays as it is unless it is to be replaced; a key that is locked
 * cannot have a new passphrase, and comes back under its own.
 */
export async function restoreBackup(
  { keys, pins }: Omit<BackupParts, "clock">,
  contents: BackupContents,
  how: RestoreOptions,
  o: Options,
): Promise<Restored> {
  checkBackup(contents);
  const held = new Set((await keys.list(o)).map(({ id }) => id));
  const brought: Restored["keys"][number][] = [];
  for (const key of contents.keys) {
    const isHeld = held.has(key.id);
    if (isHeld && !how.replace) {
      brought.push({ key, outcome: "held" });
      continue;
    }
    const isLocked = how.newPassphrases && key.opened === undefined;
    await bring(keys, key, how, o);
    brought.push({ key, outcome: isLocked ? "locked" : isHeld ? "replaced" : "restored" });
  }
  const pinned: Restored["pins"][number][] = [];
  for (const { gun, root } of contents.pins) {
    const isPinned = (await pins.root(gun, o)) !== undefined;
    if (!isPinned) await pins.pin(gun, root, o);
    pinned.push({ gun, outcome: isPinned ? "held" : "restored" });
  }
  return { keys: brought, pins: pinned };
}

async function bring(
  keys: BackupParts["keys"],
  { id, role, gun, kept, opened }: KeyCopy,
  how: RestoreOptions,
  o: Options,
): Promise<void> {
  const about = { role, ...(gun === undefined ? {} : { gun }) };
  const isNew = how.newPassphrases && opened !== undefined;
  const held = await keys.importPem(isNew ? opened : kept, about, o);
  if (held.length === 1 && held[0]?.id === id) return;
  throw new SignerError("signer/backup-unreadable", `the key ${id} of the backup is another`);
}
