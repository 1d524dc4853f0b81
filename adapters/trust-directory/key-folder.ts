import type { Options } from "#domain/kernel";
import { SignerError, type KeyPurpose } from "#services/signer";
import { isPrivateKey } from "./private-key.ts";
import { readPem, writePem, type PemBlock } from "./pem.ts";
import type { Shelf } from "./shelf.ts";

/** A private key's file: what its name and headers say, and the key, locked or not. */
export type KeyFile = KeyPurpose & { readonly id: string; readonly block: PemBlock };

/** Something in a trust directory that is not as it should be, and that was passed over. */
export type DirectoryWarning = { readonly file: string; readonly detail: string };
export type Warn = (warning: DirectoryWarning) => void;

/** The folder of private keys. Keys that lie where older clients put them are found, and moved as the Go client does. */
export interface KeyFolder {
  /** For people. */
  readonly location: string;
  /** Files that are no keys are passed over, with a warning. */
  list(o: Options): Promise<readonly KeyFile[]>;
  /** Throws `signer/key-unreadable` where the file of that name is no key. */
  read(id: string, o: Options): Promise<KeyFile | undefined>;
  /** Durable when it resolves. */
  write(file: KeyFile, o: Options): Promise<void>;
  remove(id: string, o: Options): Promise<void>;
}

const folder = "private";
const maxBytes = 65_536;
const ID = /^[0-9a-f]{64}$/;
const FLAT = /^([0-9a-f]{64})\.key$/;
const LEGACY = /^(?:root_keys|tuf_keys)\/(?:(.+)\/)?([0-9a-f]{64})_([^/]+)\.key$/;
/** Roles whose keys belong to one repository; the keys of all others may sign in any. */
const rolesOfOneRepository: ReadonlySet<string> = new Set(["targets", "snapshot", "timestamp"]);

export function keyFolder(shelf: Shelf, warn: Warn): KeyFolder {
  const pathOf = (id: string): string => `${folder}/${id}.key`;
  const blockAt = async (path: string, o: Options): Promise<PemBlock | undefined> => {
    const bytes = await shelf.read(path, maxBytes, o);
    const [block, ...more] = readPem(new TextDecoder().decode(bytes)) ?? [];
    return block !== undefined && more.length === 0 && isPrivateKey(block) ? block : undefined;
  };
  const flat = (id: string, block: PemBlock): KeyFile => ({
    id,
    block,
    ...purposeOf(block.headers.get("role") ?? "", block.headers.get("gun")),
  });

  /** Moves a key of the old layout: first into its new place, then out of the old one. */
  const move = async (path: string, file: KeyFile, o: Options): Promise<void> => {
    try {
      await write(file, o);
      await shelf.remove([`${folder}/${path}`], folder, o);
    } catch (error) {
      if (!(error instanceof SignerError)) throw error;
      warn({
        file: `${folder}/${path}`,
        detail: `it stays where older clients put it: ${error.message}`,
      });
    }
  };
  const write = async (file: KeyFile, o: Options): Promise<void> => {
    const block = { ...file.block, headers: headersOf(file) };
    await shelf.write(pathOf(file.id), writePem(block), { isDurable: true }, o);
  };
  const list = async (o: Options): Promise<readonly KeyFile[]> => {
    const found = new Map<string, KeyFile>();
    const legacy: { readonly path: string; readonly file: KeyFile }[] = [];
    for (const { path } of await shelf.list(folder, { deep: true }, o)) {
      const [, flatId] = FLAT.exec(path) ?? [];
      const [, gun, legacyId, role = ""] = LEGACY.exec(path) ?? [];
      const id = flatId ?? legacyId;
      if (!path.endsWith(".key")) continue;
      const block = id === undefined ? undefined : await blockAt(`${folder}/${path}`, o);
      if (id === undefined || block === undefined)
        warn({ file: `${folder}/${path}`, detail: "it is not a private key by its id" });
      else if (flatId !== undefined) found.set(id, flat(id, block));
      else legacy.push({ path, file: { id, block, ...purposeOf(role, gun) } });
    }
    for (const { path, file } of legacy) {
      if (found.has(file.id)) {
        warn({ file: `${folder}/${path}`, detail: "there is another file of this key" });
        continue;
      }
      found.set(file.id, file);
      await move(path, file, o);
    }
    return [...found.values()];
  };

  return {
    location: shelf.location === "memory" ? "memory" : `${shelf.location}/${folder}`,
    list,
    write,
    async read(id, o) {
      if (!ID.test(id)) return undefined;
      const bytes = await shelf.read(pathOf(id), maxBytes, o);
      if (bytes === undefined) return (await list(o)).find((file) => file.id === id);
      const block = await blockAt(pathOf(id), o);
      if (block === undefined)
        throw new SignerError("signer/key-unreadable", `${pathOf(id)} is not a private key`);
      return flat(id, block);
    },
    async remove(id, o) {
      if (ID.test(id)) await shelf.remove([pathOf(id)], `${folder}/${id}`, o);
    },
  };
}

/** What a key is for: its repository only where its role belongs to one. */
export function purposeOf(role: string, gun: string | undefined): KeyPurpose {
  return gun !== undefined && gun !== "" && rolesOfOneRepository.has(role)
    ? { role, gun }
    : { role };
}

export function isOfOneRepository(role: string): boolean {
  return rolesOfOneRepository.has(role);
}

/** The headers of a key's file: what its form needs, and what the key is for. */
function headersOf({ block, role, gun }: KeyFile): ReadonlyMap<string, string> {
  const headers = new Map(
    [...block.headers].filter(([name]) => name === "Proc-Type" || name === "DEK-Info"),
  );
  if (gun !== undefined) headers.set("gun", gun);
  if (role !== "") headers.set("role", role);
  return headers;
}
