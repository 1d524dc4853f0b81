import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { Options } from "#domain/kernel";
import {
  SignerError,
  type HeldKey,
  type KeyFiles,
  type KeyOpener,
  type KeyPurpose,
  type KeyStore,
  type Passphrases,
} from "#services/signer";
import { purposeOf, type KeyFile, type KeyFolder } from "./key-folder.ts";
import { importKeys } from "./import-keys.ts";
import { locksmith } from "./locksmith.ts";
import { writePem, type PemBlock } from "./pem.ts";
import { decodePrivateKey } from "./private-key.ts";
import { unlockedKey, type UnlockedKey } from "./signing-key.ts";

export type KeyStoreParts = {
  readonly folder: KeyFolder;
  readonly passphrases: Passphrases;
  /** Whether keys are kept encrypted, each under a passphrase. */
  readonly encrypts: boolean;
};

const makePair = promisify(generateKeyPair);

/** Keys in a folder, opened as they are needed: each asks for its passphrase once. */
export function createKeyStore(parts: KeyStoreParts): KeyStore & KeyFiles & KeyOpener {
  const { folder, encrypts } = parts;
  const smith = locksmith(parts.passphrases, folder.location);
  const unlocked = new Map<string, Promise<UnlockedKey>>();
  const unlock = async (file: KeyFile, o: Options): Promise<UnlockedKey> => {
    const { key } = await smith.unlock(file, o);
    if (key.id === file.id) return key;
    const message = `the file of the key ${file.id} holds another key, ${key.id}`;
    throw new SignerError("signer/key-unsuitable", message);
  };
  const open = (file: KeyFile, o: Options): Promise<UnlockedKey> => {
    const known = unlocked.get(file.id);
    if (known !== undefined) return known;
    const opening = unlock(file, o);
    unlocked.set(file.id, opening);
    opening.catch(() => unlocked.delete(file.id));
    return opening;
  };
  const fresh = async (key: UnlockedKey, o: Options): Promise<KeyFile> => {
    const passphrase = encrypts ? await smith.asking.fresh(aboutOf(key), o) : undefined;
    return await smith.lock(key, passphrase);
  };
  const held = async (id: string, o: Options): Promise<KeyFile> => {
    const file = await folder.read(id, o);
    if (file !== undefined) return file;
    throw new SignerError("signer/key-unknown", `no key ${id} is held`);
  };
  const make = async (purpose: KeyPurpose): Promise<UnlockedKey> => {
    const { privateKey } = await makePair("ec", { namedCurve: "P-256" });
    const about = purposeOf(oneLine(purpose.role), purpose.gun && oneLine(purpose.gun));
    return unlockedKey(privateKey, { ...about, location: folder.location });
  };

  return {
    async list(o) {
      const files = await folder.list(o);
      return files.map((file) => heldKey(file, folder.location)).sort(rootsFirst);
    },
    async open(id, o) {
      const file = await folder.read(id, o);
      return file === undefined ? undefined : await open(file, o);
    },
    async generate(purpose, o) {
      const key = await make(purpose);
      await folder.write(await fresh(key, o), o);
      unlocked.set(key.id, Promise.resolve(key));
      return key;
    },
    async remove(id, o) {
      unlocked.delete(id);
      await folder.remove(id, o);
    },
    async importPem(text, how, o) {
      const files = await importKeys({ folder, smith, fresh }, text, how, o);
      for (const file of files) {
        await folder.write(file, o);
        unlocked.delete(file.id);
      }
      return files.map((file) => heldKey(file, folder.location));
    },
    async exportPem(ids, o) {
      const files: KeyFile[] = [];
      for (const id of ids) files.push(await held(id, o));
      return files.map(({ id, block }) => exported(block, id)).join("");
    },
    async openedPem(id, o) {
      const { pkcs8 } = await open(await held(id, o), o);
      return await plainPem(pkcs8);
    },
    async changePassphrase(id, o) {
      const file = await held(id, o);
      unlocked.delete(id); // who changes a passphrase has to know the one before
      await folder.write(await fresh(await open(file, o), o), o);
    },
    async generatePem(purpose, o) {
      const key = await make(purpose);
      const { block } = await fresh(key, o);
      const role: readonly (readonly [string, string])[] =
        purpose.role === "" ? [] : [["role", oneLine(purpose.role)]];
      const headers = new Map(role);
      const bytes = key.publicKey.material.spki;
      const publicPem = writePem({ label: "PUBLIC KEY", headers, bytes });
      return { id: key.id, publicPem, privatePem: writePem({ ...block, headers }) };
    },
  };
}

/** As everybody reads it: Notary has its own form of Ed25519 keys. */
async function plainPem(pkcs8: Uint8Array): Promise<string> {
  const block = { label: "PRIVATE KEY", headers: new Map<string, string>(), bytes: pkcs8 };
  const decoded = await decodePrivateKey(block, "");
  if (decoded.kind === "key")
    return decoded.key.export({ type: "pkcs8", format: "pem" }).toString();
  throw new SignerError("signer/key-unreadable", "the key cannot be written");
}

function aboutOf({ id, role, gun }: HeldKey): KeyPurpose & { readonly id: string } {
  return { id, ...purposeOf(role, gun) };
}

function heldKey(file: KeyFile, location: string): HeldKey {
  return { ...aboutOf({ ...file, location }), location };
}

/** Names where the file came from, as importing clients need it. */
function exported(block: PemBlock, id: string): string {
  return writePem({ ...block, headers: new Map([...block.headers, ["path", id]]) });
}

/** A header is one line: a name with a line break would be two. */
function oneLine(name: string): string {
  // oxlint-disable-next-line no-control-regex -- just these must not stand in a header
  if (name.length <= 512 && !/[\u0000-\u001f\u007f]/.test(name)) return name;
  throw new SignerError(
    "signer/key-unsuitable",
    "a role or repository has a name that no key can carry",
  );
}

function rootsFirst(a: HeldKey, b: HeldKey): number {
  const order = (key: HeldKey): readonly string[] => [
    key.role === "root" ? "0" : "1",
    key.gun ?? "",
    key.role,
    key.id,
  ];
  const [left, right] = [order(a), order(b)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? 0 : (left[at] ?? "") < (right[at] ?? "") ? -1 : 1;
}
