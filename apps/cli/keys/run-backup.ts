import { readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { syncDirectory, writeFileAtomically } from "#adapters/io";
import { CodedError } from "#domain/kernel";
import {
  checkBackup,
  collectBackup,
  isSameBackup,
  maxBackupBytes,
  openBackup,
  restoreBackup,
  sealBackup,
  SignerError,
  type BackupContents,
  type KeyCopy,
  type Restored,
} from "#services/signer";
import { CliError } from "../errors.ts";
import type { Session } from "../session.ts";
import { openDirectory, type OpenDirectory } from "../signing/trust-directory.ts";
import { moment, table } from "../text.ts";
import { backupPassphrase } from "./backup-passphrase.ts";

type Where = { readonly trustDir?: string | undefined };

/** `countersign key backup`: written, read back, opened and compared before it counts as one. */
export async function runBackup(
  session: Session,
  name: string,
  how: Where & { readonly rootOnly: boolean; readonly locked: boolean },
): Promise<void> {
  const { world } = session;
  const { signal } = new AbortController();
  const file = resolve(world.workingDirectory, name);
  if (await isThere(file)) await session.confirm(`${name} is there already. Replace it?`);
  await using directory = await openDirectory(how, world, { signal });
  const parts = { keys: directory.kept, pins: directory.pins, clock: world.clock };
  const held = (await directory.kept.list({ signal })).length;
  const contents = await collectBackup(parts, how, { signal });
  if (contents.keys.length === 0)
    throw new CliError(
      "cli/key-unknown",
      `no ${how.rootOnly && held > 0 ? "root " : ""}key is held in ${directory.path}`,
      "--trust-dir names another directory",
    );
  checkBackup(contents);
  const passphrase = await backupPassphrase(world, { isNew: true });
  const text = await sealBackup(contents, passphrase);
  await write(file, text, signal, (written) => checkWritten(written, contents, passphrase));
  const complete = contents.keys.filter(({ opened }) => opened !== undefined);
  if (directory.isWritable)
    await directory.notes.note(
      complete.map(({ id }) => id),
      world.clock(),
      { signal },
    );
  session.show({
    json: { file, keys: contents.keys.map(keyJson), pins: contents.pins.map(({ gun }) => gun) },
    ids: contents.keys.map(({ id }) => id),
    text:
      table(["KEY", "KIND", "REPOSITORY"], contents.keys.map(keyRow)) +
      `\n${name} holds ${counted(contents)}, and was read back and checked.\n` +
      lockedNote(contents) +
      "Keep it away from this machine, and its passphrase away from it.\n",
  });
}

/** `countersign key restore`. What is held stays as it is, unless it is asked to be replaced. */
export async function runRestore(
  session: Session,
  name: string,
  how: Where & { readonly newPassphrases: boolean; readonly replace: boolean },
): Promise<void> {
  const { world } = session;
  const { signal } = new AbortController();
  const file = resolve(world.workingDirectory, name);
  const text = await readBackup(file);
  const passphrase = await backupPassphrase(world, { isNew: false });
  const contents = await openBackup(text, passphrase);
  await using directory = await openDirectory(how, world, { signal });
  requireWritable(directory);
  if (how.replace)
    await session.confirm(`Replace the files of keys that ${directory.path} holds already?`);
  const parts = { keys: directory.kept, pins: directory.pins };
  const restored = await restoreBackup(parts, contents, how, { signal });
  const complete = contents.keys.filter(({ opened }) => opened !== undefined);
  await directory.notes.note(
    complete.map(({ id }) => id),
    contents.madeAt,
    { signal },
  );
  session.show({
    json: {
      directory: directory.path,
      madeAt: moment(contents.madeAt),
      keys: restored.keys.map(({ key, outcome }) => ({ ...keyJson(key), outcome })),
      pins: restored.pins,
    },
    ids: restored.keys.filter(({ outcome }) => outcome !== "held").map(({ key }) => key.id),
    text:
      table(
        ["KEY", "STATE", "KIND", "REPOSITORY"],
        restored.keys.map(({ key, outcome }) => {
          const [id = "", role = "", gun = ""] = keyRow(key);
          return [id, outcomes[outcome], role, gun];
        }),
      ) + summary(restored, contents, how.newPassphrases),
  });
}

const outcomes = {
  restored: "restored",
  replaced: "replaced",
  held: "held already",
  locked: "restored, under its own passphrase",
} as const;

function summary(restored: Restored, { madeAt }: BackupContents, isNew: boolean): string {
  const count = (outcome: string): number =>
    [...restored.keys, ...restored.pins].filter((one) => one.outcome === outcome).length;
  const pins = restored.pins.filter(({ outcome }) => outcome === "restored").length;
  const pinned =
    pins === 0 ? "" : `${pins} ${pins === 1 ? "repository" : "repositories"} pinned again.\n`;
  const own =
    isNew || count("restored") === 0
      ? ""
      : "Keys that were restored have the passphrases that they had.\n";
  return `\nThe backup is of ${moment(madeAt)}.\n${pinned}${own}`;
}

function requireWritable({ isWritable, path }: OpenDirectory): void {
  if (!isWritable) throw new SignerError("signer/directory-broken", `${path} cannot be written`);
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false; // whatever is in the way shows when it is written
  }
}

/** It takes its place only when it is whole, on the disk and checked: until then an earlier backup stays. */
async function write(
  file: string,
  text: string,
  signal: AbortSignal,
  check: (written: string) => Promise<void>,
): Promise<void> {
  const unchecked = `${file}.unchecked`;
  try {
    await writeFileAtomically(unchecked, text, { signal, mode: 0o600 });
    await check(unchecked);
    await rename(unchecked, file);
    await syncDirectory(dirname(file));
  } catch (cause) {
    await rm(unchecked, { force: true });
    if (cause instanceof CodedError) throw cause;
    throw new CliError(
      "cli/file-unwritable",
      `${file} cannot be written${isFull(cause) ? ": no space is left" : ""}`,
      "there is no new backup; what was there before is as it was",
      { cause },
    );
  }
}

const isFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");

async function readBackup(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > maxBackupBytes)
      throw new SignerError("signer/backup-unreadable", `${file} is too large for a backup`);
    return await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof SignerError) throw cause;
    const hint = "check the path, and that you may read it";
    throw new CliError("cli/file-unreadable", `the backup ${file} cannot be read`, hint, { cause });
  }
}

/** Reads the file from the disk again: what cannot be restored is no backup. */
async function checkWritten(
  file: string,
  contents: BackupContents,
  passphrase: string,
): Promise<void> {
  const again = await openBackup(await readBackup(file), passphrase);
  checkBackup(again);
  if (!isSameBackup(again, contents))
    throw new SignerError("signer/backup-unreadable", `${file} is not what was written to it`);
}

function keyJson({ id, role, gun, opened }: KeyCopy): object {
  return {
    id,
    role,
    ...(gun === undefined ? {} : { repository: gun }),
    isOpened: opened !== undefined,
  };
}

function keyRow({ id, role, gun, opened }: KeyCopy): readonly string[] {
  return [
    id.slice(0, 16),
    role === "" ? "delegation" : role,
    `${gun ?? "any"}${opened === undefined ? " (locked)" : ""}`,
  ];
}

function counted({ keys, pins }: BackupContents): string {
  const held = `${keys.length} ${keys.length === 1 ? "key" : "keys"}`;
  return pins.length === 0
    ? held
    : `${held} and the pins of ${pins.length} ${pins.length === 1 ? "repository" : "repositories"}`;
}

function lockedNote({ keys }: BackupContents): string {
  const locked = keys.filter(({ opened }) => opened === undefined).length;
  if (locked === 0) return "";
  return `${locked} of them ${locked === 1 ? "is" : "are"} locked: good only with ${locked === 1 ? "its" : "their"} own passphrase.\n`;
}
