import { crc32 } from "node:zlib";
import { ArchiveError } from "./errors.ts";

/** Names and contents, in the order of the file. */
export type Entries = ReadonlyMap<string, Uint8Array>;

const localSignature = 0x04034b50;
const centralSignature = 0x02014b50;
const endSignature = 0x06054b50;
const localBytes = 30;
const centralBytes = 46;
const endBytes = 22;
const versionNeeded = 10;
/** 1980-01-01, the first day that a zip knows: the same content is the same file, whenever it is written. */
const firstDay = 0x0021;
const maxEntries = 65_534;
export const maxZipBytes = 1_073_741_824;
/** Plain enough for every tool and every file system, and no way out of the folder that they are unpacked in. */
const NAME = /^[A-Za-z0-9_%-][A-Za-z0-9._%-]*(?:\/[A-Za-z0-9_%-][A-Za-z0-9._%-]*)*$/;
const maxNameCharacters = 1_024;

/**
 * A zip file (APPNOTE 6.3) in its plainest form: contents stored as they are, no times, no comments, names
 * sorted. So there is exactly one file for given contents, and nothing in it grows when it is read.
 * Throws `archive/too-large`.
 */
export function writeZip(entries: Entries): Uint8Array {
  return Buffer.concat(pieces(sorted(entries)));
}

/** Reads what `writeZip` wrote. Anything else, down to one bit, is `archive/not-an-archive` or `archive/damaged`. */
export function readZip(bytes: Uint8Array): Entries {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (zip.length < endBytes || zip.readUInt32LE(0) !== localSignature)
    throw new ArchiveError("archive/not-an-archive", "this is not a trust archive");
  const entries = new Map<string, Uint8Array>();
  let at = 0;
  while (at + localBytes <= zip.length && zip.readUInt32LE(at) === localSignature) {
    const start = at + localBytes;
    const end = start + zip.readUInt16LE(at + 26);
    const name = zip.subarray(start, end).toString("latin1");
    at = end + zip.readUInt32LE(at + 22);
    if (at > zip.length || entries.has(name) || !isName(name)) throw damaged();
    entries.set(name, zip.subarray(end, at));
  }
  requireSame(zip, pieces(sorted(entries)));
  return entries;
}

/** What was read, written again, is the whole file: no header, checksum or index says anything else. */
function requireSame(zip: Buffer, written: readonly Uint8Array[]): void {
  let at = 0;
  for (const piece of written) {
    if (Buffer.compare(zip.subarray(at, at + piece.length), piece) !== 0) throw damaged();
    at += piece.length;
  }
  if (at !== zip.length) throw damaged();
}

function sorted(entries: Entries): readonly (readonly [string, Uint8Array])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}

function pieces(entries: readonly (readonly [string, Uint8Array])[]): readonly Uint8Array[] {
  if (entries.length > maxEntries) throw tooLarge("more files than one archive takes");
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of entries) {
    if (!isName(name)) throw damaged();
    const title = Buffer.from(name, "latin1");
    const common = commonFields(title, content);
    const local = Buffer.alloc(localBytes);
    local.writeUInt32LE(localSignature, 0);
    common.copy(local, 4);
    const central = Buffer.alloc(centralBytes);
    central.writeUInt32LE(centralSignature, 0);
    central.writeUInt16LE(versionNeeded, 4);
    common.copy(central, 6);
    central.writeUInt32LE(at, 42);
    locals.push(local, title, content);
    centrals.push(central, title);
    at += localBytes + title.length + content.length;
    if (at > maxZipBytes) throw tooLarge("more bytes than one archive takes");
  }
  const end = Buffer.alloc(endBytes);
  end.writeUInt32LE(endSignature, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(
    centrals.reduce((sum, piece) => sum + piece.length, 0),
    12,
  );
  end.writeUInt32LE(at, 16);
  return [...locals, ...centrals, end];
}

/** The 26 bytes that the header before a file and its line in the index share. */
function commonFields(title: Uint8Array, content: Uint8Array): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(versionNeeded, 0);
  fields.writeUInt16LE(firstDay, 8);
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(content.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(title.length, 22);
  return fields;
}

function isName(name: string): boolean {
  return name.length <= maxNameCharacters && NAME.test(name);
}

function damaged(): ArchiveError {
  return new ArchiveError(
    "archive/damaged",
    "the archive is damaged: it is not the file that was written",
  );
}

function tooLarge(what: string): ArchiveError {
  return new ArchiveError("archive/too-large", what);
}
