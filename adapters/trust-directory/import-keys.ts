import type { Options } from "#domain/kernel";
import { SignerError, type KeyImport } from "#services/signer";
import { isOfOneRepository, purposeOf, type KeyFile, type KeyFolder } from "./key-folder.ts";
import type { Locksmith } from "./locksmith.ts";
import { isGoReadable, readPbes2 } from "./pbes2.ts";
import { readPem, writePem, type PemBlock } from "./pem.ts";
import { encryptedLabel, isEncrypted, isPrivateKey } from "./private-key.ts";
import type { UnlockedKey } from "./signing-key.ts";

type Parts = {
  readonly folder: KeyFolder;
  readonly smith: Locksmith;
  /** Closes a key under a new passphrase. */
  readonly fresh: (key: UnlockedKey, o: Options) => Promise<KeyFile>;
};

const maxCharacters = 1_048_576;
const maxKeys = 1_000;
/** `<id>`, or as older clients wrote it: `root_keys/<id>_root`. */
const PATH = /^(?:.*\/)?([0-9a-f]{64})(?:_([^/]+))?$/;

/** Reads the keys of a PEM text and makes each ready to be kept: all of them, or a throw. Nothing is kept yet. */
export async function importKeys(
  parts: Parts,
  text: string,
  how: KeyImport,
  o: Options,
): Promise<readonly KeyFile[]> {
  const blocks = text.length > maxCharacters ? undefined : readPem(text);
  const keys = blocks?.filter(({ label }) => label !== "EC PARAMETERS") ?? [];
  if (keys.length === 0 || keys.length > maxKeys || !keys.every(isPrivateKey))
    throw unreadable("there is no private key in PEM, or something else beside it");
  const asked = keys.map((block) => ({ block, ...namedFor(block, how) }));
  const files: KeyFile[] = [];
  for (const one of asked) files.push(await importOne(parts, one, how, o));
  return files;
}

type Named = ReturnType<typeof purposeOf> & { readonly id?: string };

async function importOne(
  { folder, smith, fresh }: Parts,
  one: Named & { readonly block: PemBlock },
  how: KeyImport,
  o: Options,
): Promise<KeyFile> {
  const { block, id } = one;
  if (isEncrypted(block)) {
    if (how.opens !== true && id === undefined)
      throw unreadable("an encrypted key has to say its id (`path`) where nobody opens it");
    const isKept = id !== undefined && (how.opens !== true || isGoForm(block));
    if (id !== undefined && isKept && !(await replacesAnother(folder, id, block, o)))
      return { ...one, id };
  }
  const { key, passphrase } = await smith.unlock(one, o);
  if (id !== undefined && id !== key.id)
    throw new SignerError("signer/key-unsuitable", `the key that says to be ${id} is ${key.id}`);
  return passphrase === undefined ? await fresh(key, o) : await smith.lock(key, passphrase);
}

/** What the key says of itself comes first, then what whoever imports it says. */
function namedFor({ headers }: PemBlock, how: KeyImport): Named {
  const said = (name: string): string | undefined => headers.get(name) || undefined;
  const path = said("path");
  const [, id, suffix] = path === undefined ? [] : (PATH.exec(path) ?? []);
  const role = said("role") ?? suffix ?? (how.role || "delegation");
  const gun = said("gun") ?? how.gun;
  if (isOfOneRepository(role) && (gun === undefined || gun === ""))
    throw new SignerError(
      "signer/key-unsuitable",
      `a ${role} key needs the name of its repository`,
    );
  const purpose = purposeOf(role, gun);
  return id === undefined ? purpose : { ...purpose, id };
}

/** Whether another file of that name is held: then nobody's word for it is taken, and the new one is opened. */
async function replacesAnother(
  folder: KeyFolder,
  id: string,
  block: PemBlock,
  o: Options,
): Promise<boolean> {
  try {
    const held = await folder.read(id, o);
    return held !== undefined && bare(held.block) !== bare(block);
  } catch (error) {
    if (error instanceof SignerError && error.code === "signer/key-unreadable") return true;
    throw error;
  }
}

function bare(block: PemBlock): string {
  return writePem({ ...block, headers: new Map() });
}

/** Whether the Go client can open it as it is. */
function isGoForm(block: PemBlock): boolean {
  if (block.label !== encryptedLabel) return true;
  const known = readPbes2(block.bytes);
  return known !== undefined && isGoReadable(known);
}

function unreadable(message: string): SignerError {
  return new SignerError("signer/key-unreadable", message);
}
