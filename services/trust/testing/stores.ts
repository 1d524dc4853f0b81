import type { Gun } from "#domain/oci";
import { timestampRole, type RoleName } from "#domain/tuf";
import { testKey, type TestKey } from "#domain/tuf/testing";
import {
  TrustError,
  type Change,
  type KeyVault,
  type MetadataStore,
  type SealedKey,
  type SealedKeyStore,
  type StoredFile,
} from "#services/trust";

/** Trust metadata, kept for as long as the process lives. */
export function inMemoryMetadataStore(): MetadataStore {
  const files = new Map<Gun, readonly StoredFile[]>();
  const changes: Change[] = [];
  const of = (gun: Gun, role: RoleName): readonly StoredFile[] =>
    (files.get(gun) ?? []).filter((file) => file.role === role);
  const note = (change: Omit<Change, "id">): void => {
    changes.push({ ...change, id: changes.length + 1 });
  };
  return {
    current: (gun, role) => {
      const newest = of(gun, role).toSorted((a, b) => b.version - a.version)[0];
      return Promise.resolve(newest);
    },
    byChecksum: (gun, role, sha256) =>
      Promise.resolve(of(gun, role).find((file) => file.sha256 === sha256)),
    byVersion: (gun, role, version) =>
      Promise.resolve(of(gun, role).find((file) => file.version === version)),
    async publish(gun, { files: published, retired }) {
      let kept = (files.get(gun) ?? []).filter((file) => !retired.includes(file.role));
      for (const file of published) {
        if (kept.some(({ role, version }) => role === file.role && version >= file.version))
          throw new TrustError("trust/version-conflict", `${file.role} is not newer`);
        kept = [...kept, file];
      }
      files.set(gun, kept);
      for (const { role, version, sha256, storedAt } of published)
        if (role === timestampRole)
          note({ at: storedAt, gun, version, sha256, category: "update" });
      return await Promise.resolve();
    },
    remove(gun, at) {
      if (files.delete(gun)) note({ at, gun, version: 0, sha256: "", category: "deletion" });
      return Promise.resolve();
    },
    changes({ gun, range, limit }) {
      const ours = changes.filter((change) => gun === undefined || change.gun === gun);
      return Promise.resolve(
        "after" in range
          ? ours.filter(({ id }) => id > range.after).slice(0, limit)
          : ours.filter(({ id }) => id < range.before).slice(-limit),
      );
    },
    guns: () => Promise.resolve([...files.keys()].sort()),
  };
}

/** Sealed keys, kept for as long as the process lives. */
export function inMemorySealedKeyStore(): SealedKeyStore {
  const keys: (SealedKey & { isUsed: boolean })[] = [];
  return {
    find: (gun, role, keyId) =>
      Promise.resolve(keys.find((k) => k.gun === gun && k.role === role && k.keyId === keyId)),
    unused: (gun, role) =>
      Promise.resolve(keys.find((k) => k.gun === gun && k.role === role && !k.isUsed)),
    add(key) {
      keys.push({ ...key, isUsed: false });
      return Promise.resolve();
    },
    markUsed(gun, role, keyId) {
      for (const key of keys)
        if (key.gun === gun && key.role === role && key.keyId === keyId) key.isUsed = true;
      return Promise.resolve();
    },
  };
}

/** Server keys, kept for as long as the process lives. */
export function inMemoryKeyVault(): KeyVault {
  const keys: { readonly place: string; readonly key: TestKey; isUsed: boolean }[] = [];
  const find = (place: string, keyId: string) =>
    keys.find((held) => held.place === place && held.key.listed.id === keyId);
  return {
    pending(gun, role) {
      const place = `${gun} ${role}`;
      const waiting = keys.find((held) => held.place === place && !held.isUsed);
      if (waiting !== undefined) return Promise.resolve(waiting.key.listed);
      const key = testKey();
      keys.push({ place, key, isUsed: false });
      return Promise.resolve(key.listed);
    },
    held: (gun, role, keyId) => Promise.resolve(find(`${gun} ${role}`, keyId)?.key.listed),
    signer(gun, role, keyId) {
      const held = find(`${gun} ${role}`, keyId);
      if (held === undefined) return Promise.resolve(undefined);
      const { signer } = held.key;
      const sign = (message: Uint8Array) => {
        held.isUsed = true;
        return signer.sign(message);
      };
      return Promise.resolve({ ...signer, sign });
    },
  };
}
