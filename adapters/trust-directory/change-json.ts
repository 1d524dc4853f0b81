import { readJson, type JsonObject, type JsonValue } from "#domain/json";
import {
  keyJson,
  parsePublicKey,
  parseRoleName,
  tryRoleName,
  type RoleName,
  type Target,
} from "#domain/tuf";
import type { Change, DelegationEdit } from "#services/signer";

/** What a change file says, before its `data` is read. */
type Line = {
  readonly action: string;
  readonly role: string;
  readonly type: string;
  readonly path: string;
  readonly data: Uint8Array | undefined;
};

export const maxChangeBytes = 4_194_304;
const limits = { maxBytes: maxChangeBytes, maxDepth: 32 };
const PURGE = /^(targets(?:\/[-a-z0-9_]+)*)\/\*$/;
const ESCAPED = /[<>&\u2028\u2029]/g;

/** Reads a staged change as the Go client writes it. Undefined for what is none, or of a kind that nobody here knows. */
export function readChange(bytes: Uint8Array): Change | undefined {
  try {
    return changeOf(lineOf(readJson(bytes, limits)));
  } catch {
    return undefined; // not JSON, not a role, not a key: each makes it no change
  }
}

/** Writes a change as the Go client does. */
export function writeChange(change: Change): string {
  switch (change.kind) {
    case "target-add":
      return line("create", change.role, "target", change.name, targetJson(change.target));
    case "target-remove":
      return line("delete", change.role, "target", change.name);
    case "delegation-add":
      return line("create", change.role, "delegation", "", editJson(change.edit));
    case "delegation-edit":
      return line("update", change.role, "delegation", "", editJson(change.edit));
    case "delegation-remove":
      return line("delete", change.role, "delegation", "");
    case "delegation-purge": {
      const data = { remove_keys: change.removeKeys };
      return line("update", `${change.below}/*`, "delegation", "", data);
    }
    case "witness":
      return line("update", change.role, "witness", "");
  }
}

function line(action: string, role: string, type: string, path: string, data?: object): string {
  const encoded = data === undefined ? null : Buffer.from(goJson(data)).toString("base64");
  return goJson({ action, role, type, path, data: encoded });
}

/** As Go's encoder: five characters that HTML and JavaScript dislike are escaped. */
function goJson(value: object): string {
  return JSON.stringify(value).replaceAll(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function targetJson({ length, sha256, sha512, custom }: Target): object {
  const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");
  return {
    length,
    hashes: {
      ...(sha256 === undefined ? {} : { sha256: base64(sha256) }),
      ...(sha512 === undefined ? {} : { sha512: base64(sha512) }),
    },
    ...(custom === undefined ? {} : { custom }),
  };
}

function editJson(edit: DelegationEdit): object {
  const some = (name: string, list: readonly unknown[]): object =>
    list.length === 0 ? {} : { [name]: list };
  return {
    ...(edit.threshold === undefined ? {} : { threshold: edit.threshold }),
    ...some("add_keys", edit.addKeys.map(keyJson)),
    ...some("remove_keys", edit.removeKeys),
    ...some("add_paths", edit.addPaths),
    ...some("remove_paths", edit.removePaths),
    ...(edit.clearPaths ? { clear_paths: true } : {}),
  };
}

function changeOf({ action, role: scope, type, path, data }: Line): Change | undefined {
  const [, below] = PURGE.exec(scope) ?? [];
  if (type === "delegation" && action === "update" && below !== undefined)
    return {
      kind: "delegation-purge",
      below: parseRoleName(below),
      removeKeys: editOf(data).removeKeys,
    };
  const role = targetsRoleOf(scope, type);
  if (role === undefined) return undefined;
  switch (`${type} ${action}`) {
    case "target create":
      return { kind: "target-add", role, name: path, target: targetOf(jsonOf(data)) };
    case "target delete":
      return { kind: "target-remove", role, name: path };
    case "delegation create":
      return { kind: "delegation-add", role, edit: editOf(data) };
    case "delegation update":
      return { kind: "delegation-edit", role, edit: editOf(data) };
    case "delegation delete":
      return { kind: "delegation-remove", role };
    case "witness update":
      return { kind: "witness", role };
    default:
      return undefined;
  }
}

/** Targets are listed by `targets` and its delegations; who may witness is known only when it is published. */
function targetsRoleOf(scope: string, type: string): RoleName | undefined {
  const role = tryRoleName(scope);
  if (role === undefined || type === "witness") return role;
  return role.startsWith("targets/") || (role === "targets" && type === "target")
    ? role
    : undefined;
}

function lineOf(value: JsonValue): Line {
  const { action, role, type, path, data } = objectOf(value);
  return {
    action: textOf(action),
    role: textOf(role),
    type: textOf(type),
    path: textOf(path),
    data: data === null || data === undefined ? undefined : bytesOf(data),
  };
}

function jsonOf(data: Uint8Array | undefined): JsonObject {
  return objectOf(data === undefined ? null : readJson(data, limits));
}

function targetOf(value: JsonObject): Target {
  const hashes = objectOf(value["hashes"]);
  const hex = (name: string, size: number): string | undefined => {
    const hash = hashes[name] === undefined ? undefined : bytesOf(hashes[name]);
    if (hash !== undefined && hash.length !== size) throw new TypeError("a hash of another length");
    return hash && Buffer.from(hash).toString("hex");
  };
  const { length, custom } = value;
  if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0)
    throw new TypeError("not a length");
  const [sha256, sha512] = [hex("sha256", 32), hex("sha512", 64)];
  if (sha256 === undefined && sha512 === undefined) throw new TypeError("no hash");
  return {
    length,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(sha512 === undefined ? {} : { sha512 }),
    ...(custom === undefined || custom === null ? {} : { custom }),
  };
}

function editOf(data: Uint8Array | undefined): DelegationEdit {
  const value = jsonOf(data);
  const { threshold, clear_paths: clears } = value;
  if (
    threshold !== undefined &&
    (typeof threshold !== "number" || !Number.isSafeInteger(threshold))
  )
    throw new TypeError("not a threshold");
  return {
    // Go writes 0 for one that is not to change.
    ...(threshold === undefined || threshold < 1 ? {} : { threshold }),
    addKeys: listOf(value["add_keys"]).map((key) => parsePublicKey(key)),
    removeKeys: listOf(value["remove_keys"]).map(textOf),
    addPaths: listOf(value["add_paths"]).map(textOf),
    removePaths: listOf(value["remove_paths"]).map(textOf),
    clearPaths: clears === true,
  };
}

function objectOf(value: JsonValue | undefined): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError("not an object");
  return value as JsonObject;
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TypeError("not a list");
  return value as readonly JsonValue[];
}

function textOf(value: JsonValue | undefined): string {
  if (typeof value !== "string") throw new TypeError("not a text");
  return value;
}

function bytesOf(value: JsonValue): Uint8Array {
  const text = textOf(value);
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw new TypeError("not base64");
  return bytes;
}
