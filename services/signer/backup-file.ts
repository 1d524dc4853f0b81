import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";
import { readContents, writeContents, type BackupContents } from "./backup-contents.ts";
import { SignerError } from "./errors.ts";

type Cost = { readonly N: number; readonly r: number; readonly p: number };

const name = "countersign key backup";
const cipherName = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;
const lineCharacters = 76;
/** 128 MiB of memory and about half a second for each passphrase that somebody tries. */
const usualCost: Cost = { N: 131_072, r: 8, p: 1 };
const maxMemoryBytes = 1_100_000_000;
/** More than any backup has. */
export const maxBackupBytes = 268_435_456;

const Kind = z.object({ kind: z.literal(name), version: z.int() });
const Header = z.strictObject({
  kind: z.literal(name),
  version: z.literal(1),
  kdf: z.strictObject({
    name: z.literal("scrypt"),
    N: z.int().min(1_024).max(1_048_576),
    r: z.int().min(1).max(8),
    p: z.int().min(1).max(4),
    salt: z.base64(),
  }),
  cipher: z.strictObject({ name: z.literal(cipherName), iv: z.base64() }),
});
type Header = z.infer<typeof Header>;

/**
 * A backup as a file of text: a line of JSON that says how it is sealed, the sealed contents in Base64, and the
 * SHA-256 of all lines before. The first line is bound to the seal. docs/reference/key-backup.md has the format.
 */
export async function sealBackup(
  contents: BackupContents,
  passphrase: string,
  cost: Cost = usualCost,
): Promise<string> {
  const iv = randomBytes(ivBytes);
  const header: Header = {
    kind: name,
    version: 1,
    kdf: { name: "scrypt", ...cost, salt: randomBytes(32).toString("base64") },
    cipher: { name: cipherName, iv: iv.toString("base64") },
  };
  const line = JSON.stringify(header);
  const cipher = createCipheriv(cipherName, await keyOf(header, passphrase), iv);
  cipher.setAAD(Buffer.from(line));
  const plain = writeContents(contents);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const base64 = sealed.toString("base64").match(new RegExp(`.{1,${lineCharacters}}`, "g")) ?? [];
  const body = `${[line, ...base64].join("\n")}\n`;
  return `${body}sha256:${sha256(body)}\n`;
}

/**
 * Throws `signer/backup-unreadable` for what is no backup, or not all of one, `signer/backup-version` for one of
 * a later version, and `signer/backup-locked` where the passphrase is another one.
 */
export async function openBackup(text: string, passphrase: string): Promise<BackupContents> {
  const { line, header, sealed } = parse(text);
  const iv = Buffer.from(header.cipher.iv, "base64");
  const key = await keyOf(header, passphrase);
  try {
    const cipher = createDecipheriv(cipherName, key, iv, { authTagLength: tagBytes });
    cipher.setAAD(Buffer.from(line));
    cipher.setAuthTag(sealed.subarray(-tagBytes));
    const plain = Buffer.concat([cipher.update(sealed.subarray(0, -tagBytes)), cipher.final()]);
    return readContents(plain);
  } catch (cause) {
    if (cause instanceof SignerError) throw cause;
    throw new SignerError("signer/backup-locked", "the passphrase does not open the backup", {
      cause,
    });
  }
}

type Parsed = { readonly line: string; readonly header: Header; readonly sealed: Buffer };

function parse(file: string): Parsed {
  const text = file.replaceAll("\r\n", "\n"); // as some mail programs leave it
  const line = text.split("\n", 1)[0] ?? "";
  const kind = Kind.safeParse(asJson(line)).data;
  if (kind === undefined)
    throw new SignerError("signer/backup-unreadable", "the file is not a backup of keys");
  if (kind.version > 1)
    throw new SignerError(
      "signer/backup-version",
      `the backup is of version ${kind.version}, which is newer than this program`,
    );
  const [, body = "", digest] = /^([^]*\n)sha256:([0-9a-f]{64})\n*$/.exec(text) ?? [];
  if (digest === undefined || sha256(body) !== digest)
    throw new SignerError("signer/backup-unreadable", "the backup is damaged or cut off");
  const header = Header.safeParse(asJson(line)).data;
  const sealed = Buffer.from(body.slice(line.length), "base64");
  if (header === undefined || sealed.length < tagBytes)
    throw new SignerError("signer/backup-unreadable", "the backup is sealed in an unknown way");
  return { line, header, sealed };
}

function asJson(text: string): unknown {
  try {
    return text.length > 4_096 ? undefined : JSON.parse(text);
  } catch {
    return undefined; // not JSON is not a backup
  }
}

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);

async function keyOf({ kdf }: Header, passphrase: string): Promise<Buffer> {
  const { N, r, p, salt } = kdf;
  const options = { N, r, p, maxmem: maxMemoryBytes };
  return await derive(passphrase.normalize("NFC"), Buffer.from(salt, "base64"), 32, options);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
