import type { JsonValue } from "#domain/json";
import { TufError } from "./errors.ts";
import { parsePublicKey, type PublicKey } from "./public-key.ts";
import { asArray, asMap, asString, asWhole, invalid } from "./shape.ts";

/** Whose signatures a role needs: any `threshold` distinct ones of `keys`. */
export type RoleKeys = {
  readonly threshold: number;
  /** By id. */
  readonly keys: ReadonlyMap<string, PublicKey>;
};

const maxKeys = 1_024;
const maxKeysOfRole = 256;

/** Reads the keys that a root or targets file lists. Throws `tuf/key-id-differs` when a key is listed under an id not its own. */
export function keysOf(value: JsonValue | undefined): ReadonlyMap<string, PublicKey> {
  const keys = new Map<string, PublicKey>();
  for (const [id, listed] of asMap(value, "keys", maxKeys)) {
    const key = parsePublicKey(listed);
    if (key.id !== id)
      throw new TufError("tuf/key-id-differs", "key ID is not valid for key content");
    keys.set(id, key);
  }
  return keys;
}

/** Reads one role's key ids and threshold. `file` is the role whose file says so. Throws `tuf/invalid`. */
export function roleKeysOf(
  role: { readonly keyids: JsonValue | undefined; readonly threshold: JsonValue | undefined },
  listed: ReadonlyMap<string, PublicKey>,
  names: { readonly file: string; readonly role: string },
): RoleKeys {
  const threshold = asWhole(role.threshold, "threshold");
  if (threshold < 1)
    throw invalid(names.file, `invalid threshold specified for ${names.role}: ${threshold} `);
  const keys = new Map<string, PublicKey>();
  for (const item of asArray(role.keyids ?? [], "keyids", maxKeysOfRole)) {
    const id = asString(item, "key id");
    const key = listed.get(id);
    if (key === undefined)
      throw invalid(
        names.file,
        `key ID ${id.slice(0, 64)} specified in ${names.role} without corresponding key`,
      );
    keys.set(id, key);
  }
  return { threshold, keys };
}
