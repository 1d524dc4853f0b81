import { z } from "zod";
import type { Instant } from "#domain/kernel";
import { parseCollectionName, type Gun } from "#domain/oci";
import { SignerError } from "./errors.ts";

/** A private key in a backup. */
export type KeyCopy = {
  readonly id: string;
  readonly role: string;
  readonly gun?: string;
  /** The key as it was kept, under its own passphrase: PEM that `KeyFiles.importPem` takes. */
  readonly kept: string;
  /** The key without its passphrase: PEM. Undefined for one that nobody could open when the backup was made. */
  readonly opened?: string;
};

/** What was pinned of a repository: its newest verified root file. */
export type PinCopy = { readonly gun: Gun; readonly root: Uint8Array };

export type BackupContents = {
  readonly madeAt: Instant;
  readonly keys: readonly KeyCopy[];
  readonly pins: readonly PinCopy[];
};

const Contents = z.object({
  madeAt: z.int(),
  keys: z
    .array(
      z.object({
        id: z.string().regex(/^[0-9a-f]{64}$/),
        role: z.string().max(512),
        gun: z.string().max(512).optional(),
        kept: z.string().max(65_536),
        opened: z.string().max(65_536).optional(),
      }),
    )
    .max(10_000),
  pins: z.array(z.object({ gun: z.string().max(512), root: z.base64() })).max(100_000),
});

/** What is sealed in a backup file. */
export function writeContents({ pins, ...contents }: BackupContents): Uint8Array {
  const roots = pins.map(({ gun, root }) => ({ gun, root: Buffer.from(root).toString("base64") }));
  return Buffer.from(JSON.stringify({ ...contents, pins: roots }));
}

/** Undoes `writeContents`. Throws `signer/backup-unreadable`. */
export function readContents(bytes: Uint8Array): BackupContents {
  try {
    const { madeAt, keys, pins } = Contents.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return {
      madeAt,
      keys: keys.map(({ gun, opened, ...key }) => ({
        ...key,
        ...(gun === undefined ? {} : { gun }),
        ...(opened === undefined ? {} : { opened }),
      })),
      pins: pins.map(({ gun, root }) => ({
        gun: parseCollectionName(gun),
        root: Buffer.from(root, "base64"),
      })),
    };
  } catch (cause) {
    throw new SignerError("signer/backup-unreadable", "the backup holds something else than keys", {
      cause,
    });
  }
}
