import type { Delegation, PublicKey, RoleName } from "#domain/tuf";
import type { DelegationEdit } from "./change.ts";
import { SignerError } from "./errors.ts";

/**
 * A delegation with keys and paths added and taken away. Keys to take away are named by canonical ids, or as
 * they are listed: every form of such a key goes. A role that loses its last key stays.
 */
export function editDelegation(before: Delegation, edit: DelegationEdit): Delegation {
  const keys = new Map(before.keys);
  for (const [id, key] of before.keys) if (isNamed(key, edit.removeKeys)) keys.delete(id);
  for (const key of edit.addKeys) keys.set(usable(key).id, key);
  const stays = (path: string): boolean => !edit.clearPaths && !edit.removePaths.includes(path);
  const paths = new Set([...before.paths.filter(stays), ...edit.addPaths]);
  const { name } = before;
  return { name, threshold: edit.threshold ?? before.threshold, keys, paths: [...paths] };
}

/** A new delegation; threshold 1 unless the edit says otherwise. */
export function newDelegation(name: RoleName, edit: DelegationEdit): Delegation {
  return editDelegation({ name, threshold: 1, keys: new Map(), paths: [] }, edit);
}

/** Takes keys out of a delegation; the same object where it had none of them. */
export function withoutKeys(delegation: Delegation, ids: readonly string[]): Delegation {
  const kept = [...delegation.keys].filter(([, key]) => !isNamed(key, ids));
  return kept.length === delegation.keys.size ? delegation : { ...delegation, keys: new Map(kept) };
}

export function isSameDelegation(a: Delegation, b: Delegation): boolean {
  const shape = ({ threshold, keys, paths }: Delegation): string =>
    JSON.stringify([threshold, [...keys.keys()], paths]);
  return shape(a) === shape(b);
}

function isNamed(key: PublicKey, ids: readonly string[]): boolean {
  return ids.includes(key.id) || ids.includes(key.material?.canonicalId ?? key.id);
}

function usable(key: PublicKey): PublicKey {
  if (key.material === undefined)
    throw new SignerError("signer/key-unsuitable", `key ${key.id} cannot sign trust data`);
  return key;
}
