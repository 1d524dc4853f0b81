import type { Clock, Options } from "#domain/kernel";
import { OciError, parseGun, type Gun, type RegistryHost } from "#domain/oci";
import {
  decodeRoot,
  rootRole,
  snapshotRole,
  timestampRole,
  type PublicKey,
  type RoleName,
} from "#domain/tuf";
import { TrustError } from "./errors.ts";
import { createTurns } from "./in-turn.ts";
import type {
  Change,
  ChangeQuery,
  KeyVault,
  MetadataStore,
  ServerRole,
  StoredFile,
} from "./ports.ts";
import { refreshed } from "./refresh.ts";
import { publishUpdate } from "./update.ts";

export interface TrustService {
  /** Reads a repository's globally unique name: it must begin with our own registry host. Throws `trust/gun-refused`. */
  gunOf(text: string): Gun;
  /** The newest file of a role; a timestamp or snapshot that has lost half its life is signed again first. */
  current(gun: Gun, role: RoleName, o: Options): Promise<StoredFile | undefined>;
  byChecksum(gun: Gun, role: RoleName, sha256: string, o: Options): Promise<StoredFile | undefined>;
  byVersion(gun: Gun, role: RoleName, version: number, o: Options): Promise<StoredFile | undefined>;
  /**
   * Accepts files as a whole, in one transaction, with a new timestamp, and a new snapshot where the server
   * holds its key; or throws `trust/part-malformed`, `trust/update-invalid`, `trust/version-conflict`, or
   * `trust/clock-behind` while the clock is more than five minutes behind the newest date signed.
   */
  update(gun: Gun, parts: ReadonlyMap<RoleName, Uint8Array>, o: Options): Promise<void>;
  /** The key that signs for a server-managed role: the one that root names, else one that root may name next. */
  serverKey(gun: Gun, role: ServerRole, o: Options): Promise<PublicKey>;
  /** A key for the next root to name. Until a root names it, the old one stays in use. */
  rotateKey(gun: Gun, role: ServerRole, o: Options): Promise<PublicKey>;
  /** Takes away all trust data of a repository, whether there is any or not. */
  remove(gun: Gun, o: Options): Promise<void>;
  changes(query: ChangeQuery, o: Options): Promise<readonly Change[]>;
  /** Repositories that have trust data. */
  guns(o: Options): Promise<readonly Gun[]>;
}

export type TrustParts = {
  readonly store: MetadataStore;
  readonly keys: KeyVault;
  readonly clock: Clock;
  readonly registryHost: RegistryHost;
};

export function createTrustService(parts: TrustParts): TrustService {
  const { store, keys, clock } = parts;
  // Publishers on one server wait for each other, so that only those on several can ever collide.
  const inTurn = createTurns<Gun>();
  return {
    gunOf: (text) => ownGun(text, parts.registryHost),
    async current(gun, role, o) {
      const file = await store.current(gun, role, o);
      const isOurs = role === timestampRole || role === snapshotRole;
      return file !== undefined && isOurs ? await refreshed(parts, gun, file, o) : file;
    },
    byChecksum: (gun, role, sha256, o) => store.byChecksum(gun, role, sha256, o),
    byVersion: (gun, role, version, o) => store.byVersion(gun, role, version, o),
    update: (gun, files, o) => inTurn(gun, () => publishUpdate(parts, gun, files, o)),
    async serverKey(gun, role, o) {
      const root = await store.current(gun, rootRole, o);
      const named = root === undefined ? [] : decodeRoot(root.bytes).signed[role].keys.keys();
      for (const keyId of named) {
        const key = await keys.held(gun, role, keyId, o);
        if (key !== undefined) return key;
      }
      return await keys.pending(gun, role, o);
    },
    rotateKey: (gun, role, o) => keys.pending(gun, role, o),
    remove: (gun, o) => store.remove(gun, clock(), o),
    changes: (query, o) => store.changes(query, o),
    guns: (o) => store.guns(o),
  };
}

function ownGun(text: string, host: RegistryHost): Gun {
  const gun = text.startsWith(`${host}/`) ? tryGun(text) : undefined;
  if (gun !== undefined) return gun;
  throw new TrustError("trust/gun-refused", `Require GUNs with prefix: [${host}/]`);
}

function tryGun(text: string): Gun | undefined {
  try {
    const { gun } = parseGun(text);
    return gun === text ? gun : undefined;
  } catch (error) {
    if (error instanceof OciError) return undefined;
    throw error;
  }
}
