import type { Gun } from "#domain/oci";
import { rootRole, snapshotRole, timestampRole, type RoleName } from "#domain/tuf";
import { testKey, type TestKey } from "#domain/tuf/testing";
import {
  dateJumpMs,
  TrustError,
  type Change,
  type KeyVault,
  type Leases,
  type MetadataStore,
  type SealedKey,
  type SealedKeyStore,
  type SignedDates,
  type StoredFile,
} from "#services/trust";

/** Trust metadata, kept for as long as the process lives. */
export function inMemoryMetadataStore(): MetadataStore {
  const files = new Map<Gun, readonly StoredFile[]>();
  const changes: Change[] = [];
  let dates: SignedDates = { newest: 0, jump: undefined };
  const raise = (date: number): void => {
    const { newest, jump } = dates;
    const isJump = newest > 0 && date - newest > dateJumpMs;
    dates = {
      newest: Math.max(newest, date),
      jump: isJump ? { from: newest, to: date } : jump,
    };
  };
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
      raise(Math.max(0, ...published.map(({ storedAt }) => storedAt)));
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
    expiries({ after, limit }) {
      const names = [...files.keys()].sort().filter((gun) => gun > (after ?? ""));
      const newest = (gun: Gun, role: RoleName) =>
        of(gun, role).toSorted((a, b) => b.version - a.version)[0];
      const expiries = names.slice(0, limit).map((gun) => {
        const found = [rootRole, snapshotRole, timestampRole].flatMap((role) => {
          const file = newest(gun, role);
          return file === undefined ? [] : [[role, file.expiresAt] as const];
        });
        return { gun, at: new Map(found) };
      });
      return Promise.resolve(expiries);
    },
    signedDates: () => Promise.resolve(dates),
    resetDate(newest) {
      dates = { newest, jump: undefined };
      return Promise.resolve();
    },
  };
}

/** Leases, kept for as long as the process lives. */
export function inMemoryLeases(): Leases {
  const leases = new Map<string, { readonly holder: string; readonly until: number }>();
  return {
    take(name, { holder, now, ttlMs }) {
      const held = leases.get(name);
      const isHeld =
        held !== undefined &&
        held.holder !== holder &&
        held.until > now &&
        held.until <= now + 2 * ttlMs;
      if (!isHeld) leases.set(name, { holder, until: now + ttlMs });
      return Promise.resolve(!isHeld);
    },
    giveBack(name, holder) {
      if (leases.get(name)?.holder === holder) leases.delete(name);
      return Promise.resolve();
    },
  };
}

/** Sealed keys, kept for as long as the process lives. */
export function inMemorySealedKeyStore(): SealedKeyStore {
  let keys: readonly (SealedKey & { readonly isUsed: boolean })[] = [];
  let chosen: string | undefined;
  return {
    find: (gun, role, keyId) =>
      Promise.resolve(keys.find((k) => k.gun === gun && k.role === role && k.keyId === keyId)),
    unused: (gun, role) =>
      Promise.resolve(keys.find((k) => k.gun === gun && k.role === role && !k.isUsed)),
    async add(key) {
      await Promise.resolve();
      if (chosen !== undefined && chosen !== key.masterKey)
        throw new TrustError("trust/master-key-changed", "another master key is chosen");
      keys = [...keys, { ...key, isUsed: false }];
    },
    markUsed(gun, role, keyId) {
      keys = keys.map((key) =>
        key.gun === gun && key.role === role && key.keyId === keyId
          ? { ...key, isUsed: true }
          : key,
      );
      return Promise.resolve();
    },
    masterKey: () => Promise.resolve(chosen),
    chooseMasterKey(id) {
      chosen = id;
      return Promise.resolve();
    },
    masterKeys() {
      const counts = new Map<string, number>();
      for (const { masterKey } of keys) counts.set(masterKey, (counts.get(masterKey) ?? 0) + 1);
      return Promise.resolve(counts);
    },
    page: ({ after, limit }) =>
      Promise.resolve(
        keys.map((key, index) => ({ ...key, position: index + 1 })).slice(after, after + limit),
      ),
    reseal(changes) {
      keys = keys.map((key) => {
        const change = changes.find((each) => each.key.sealed === key.sealed);
        if (change === undefined) return key;
        return { ...key, sealed: change.sealed, masterKey: change.masterKey };
      });
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
