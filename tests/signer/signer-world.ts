import type { Instant } from "#domain/kernel";
import { parseGun, parseRegistryHost, type Gun } from "#domain/oci";
import {
  parseRoleName,
  rootRole,
  snapshotRole,
  targetsRole,
  timestampRole,
  type PublicKey,
  type RoleName,
} from "#domain/tuf";
import { createReader, type Reader } from "#services/reader";
import { inMemoryTrustMemory } from "#services/reader/testing";
import {
  createSigner,
  TrustServerError,
  type Change,
  type LocalRepository,
  type Signer,
  type SignerParts,
  type SigningKey,
  type TrustServer,
} from "#services/signer";
import {
  inMemoryKeyStore,
  inMemoryLocal,
  testCertifier,
  type MemoryKeyStore,
} from "#services/signer/testing";
import { createTrustService, TrustError, type MetadataStore } from "#services/trust";
import { inMemoryKeyVault, inMemoryMetadataStore } from "#services/trust/testing";

export const o = { signal: new AbortController().signal };
export const { gun } = parseGun("registry.test/acme/web");
export const begin = Date.UTC(2026, 10, 22);
export const day = 86_400_000;
export const releases = parseRoleName("targets/releases");
export const qa = parseRoleName("targets/qa");

/** One person at one machine: keys, a folder, what was seen before. */
export type Client = {
  readonly keys: MemoryKeyStore;
  readonly signer: Signer;
  readonly parts: SignerParts;
  readonly reader: Reader;
  readonly local: LocalRepository;
  readonly stage: (...changes: readonly Change[]) => Promise<void>;
  /** Stages and publishes; gives the roles that were sent. */
  readonly publish: (...changes: readonly Change[]) => Promise<readonly string[]>;
  /** A key of one's own for delegations. */
  readonly newKey: () => Promise<SigningKey>;
  /** What a reader without any history finds: `name` to `role`, and the state of each role. */
  readonly list: () => Promise<Readonly<Record<string, string>>>;
};

type Source = Parameters<typeof createReader>[0]["source"];

export type SignerWorld = {
  readonly store: MetadataStore;
  /** Every update that was offered, by its roles. */
  readonly offered: (readonly string[])[];
  /** Runs just before the next update is handed on; may throw in its place. */
  beforePublish: (() => Promise<void>) | undefined;
  /** Runs just after the next update was taken; may throw, as a lost answer does. */
  afterPublish: (() => void) | undefined;
  now: Instant;
  /** `sees` stands between the client and what the server serves. */
  readonly client: (sees?: (source: Source) => Source) => Client;
};

/** A trust server in this process, and any number of people who sign. */
export function signerWorld(): SignerWorld {
  const store = inMemoryMetadataStore();
  const world: SignerWorld = {
    store,
    offered: [],
    beforePublish: undefined,
    afterPublish: undefined,
    now: begin,
    client: (sees = (same) => same) => clientOf(world, server, sees(source)),
  };
  const clock = () => world.now;
  const registryHost = parseRegistryHost("registry.test");
  const trust = createTrustService({ store, keys: inMemoryKeyVault(), clock, registryHost });
  const source = {
    current: async (of: Gun, role: RoleName) => (await trust.current(of, role, o))?.bytes,
    byChecksum: async (of: Gun, role: RoleName, sha256: string) =>
      (await trust.byChecksum(of, role, sha256, o))?.bytes,
    byVersion: async (of: Gun, role: RoleName, version: number) =>
      (await trust.byVersion(of, role, version, o))?.bytes,
  };
  const served = (role: RoleName): "timestamp" | "snapshot" =>
    role === timestampRole ? "timestamp" : "snapshot";
  const server: TrustServer = {
    async publish(of, files) {
      world.offered.push([...files.keys()]);
      const { beforePublish, afterPublish } = world;
      world.beforePublish = undefined;
      world.afterPublish = undefined;
      await beforePublish?.();
      await asServer(() => trust.update(of, files, o));
      afterPublish?.();
    },
    key: (of, role) => trust.serverKey(of, served(role), o),
    rotateKey: (of, role) => trust.rotateKey(of, served(role), o),
    remove: (of) => trust.remove(of, o),
  };
  return world;
}

function clientOf(world: SignerWorld, server: TrustServer, source: Source): Client {
  const keys = inMemoryKeyStore();
  const locals = inMemoryLocal();
  const local = locals(gun);
  const clock = () => world.now;
  const reader = createReader({ source, memory: inMemoryTrustMemory(), clock });
  const certifier = testCertifier(keys);
  const earlierRoot = (of: Gun, version: number) => source.byVersion(of, rootRole, version, o);
  const parts = { keys, local: locals, reader, server, certifier, clock, earlierRoot };
  const signer = createSigner(parts);
  const stage = (...changes: readonly Change[]) => local.stage(changes, o);
  return {
    keys,
    signer,
    parts,
    reader,
    local,
    stage,
    async publish(...changes) {
      await stage(...changes);
      return (await signer.publish(gun, o)).roles;
    },
    newKey: () => keys.generate({ role: "delegation" }, o),
    async list() {
      const fresh = createReader({ source, memory: inMemoryTrustMemory(), clock });
      const reading = await fresh.read(gun, o);
      if (reading.kind !== "verified") return { reading: reading.kind };
      return Object.fromEntries(
        reading.roles.flatMap(({ name, state, targets }) =>
          state.kind === "valid"
            ? [...targets.keys()].map((target) => [`${name} ${target}`, "valid"])
            : [[name, state.kind]],
        ),
      );
    },
  };
}

async function asServer<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    const isConflict = cause.code === "trust/version-conflict";
    const code = isConflict ? "trust-server/conflict" : "trust-server/rejected";
    throw new TrustServerError(code, cause.message, { cause, status: 400 });
  }
}

export const add = (name: string, role = targetsRole, content = "5e"): Change => ({
  kind: "target-add",
  role,
  name,
  target: { sha256: content.repeat(32), length: 527 },
});

export const remove = (name: string, role = targetsRole): Change => ({
  kind: "target-remove",
  role,
  name,
});

const nothing = { addKeys: [], removeKeys: [], addPaths: [], removePaths: [], clearPaths: false };

export const delegate = (
  role: RoleName,
  keys: readonly (SigningKey | PublicKey)[],
  paths: readonly string[] = [""],
): Change => ({
  kind: "delegation-add",
  role,
  edit: { ...nothing, addKeys: keys.map(listedOf), addPaths: paths },
});

type Edit = Extract<Change, { readonly kind: "delegation-edit" }>["edit"];
export const editRole = (role: RoleName, edit: Partial<Edit>): Change => ({
  kind: "delegation-edit",
  role,
  edit: { ...nothing, ...edit },
});

export const witness = (role: RoleName): Change => ({ kind: "witness", role });

function listedOf(key: SigningKey | PublicKey): PublicKey {
  return "publicKey" in key ? key.publicKey : key;
}

export { rootRole, snapshotRole, targetsRole, timestampRole };
export type { Source };
