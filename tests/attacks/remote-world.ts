import { randomBytes } from "node:crypto";
import { masterKeyOf, sealingUnder } from "#adapters/pki";
import { createRemoteSource, type Limits } from "#adapters/remotes";
import { openDatabase, sqlFileCache, sqlRegistries, sqlTrustMemory } from "#adapters/storage";
import { parseAccountName, parseKeyFingerprint, parseTeamName } from "#domain/identity";
import type { Clock } from "#domain/kernel";
import { parseGun, parseRegistryHost, type Gun } from "#domain/oci";
import type { TrustReading } from "#domain/tuf";
import { testKey, testRepository, type TestKey, type TestRepository } from "#domain/tuf/testing";
import {
  createGatekeeper,
  type Gatekeeper,
  type Judgement,
  type StoredDecision,
} from "#services/gatekeeper";
import {
  memoryDecisionStore,
  memoryPolicyStore,
  memoryWorkloadStore,
} from "#services/gatekeeper/testing";
import {
  createReader,
  createRegistries,
  type NewRegistry,
  type Registries,
} from "#services/reader";
import { ownerOf } from "./owner-returns.ts";
import { hostileServer, type HostileServer } from "./hostile-server.ts";

export const msPerDay = 86_400_000;
export const start = Date.UTC(2026, 5, 1);
export const { gun, host } = parseGun("other.test/acme/web");
export const image = `${gun}:1`;
const admin = parseAccountName("admin");
const alice = parseAccountName("alice");
const qaTeam = parseTeamName("acme/qa");
const ownHost = parseRegistryHost("registry.test");

type Role = TestRepository["targets"];
/** An image that an owner signs: by what name, and what its tag names (its manifest, where it is to run). */
export type SignedImage = { readonly gun: Gun; readonly content: string };
const nowhere: SignedImage = { gun, content: "image" };
/** Keys that everything shares: making them takes longer than an attack. */
const aliceKey = testKey();

/** An owner's repository on a hostile server, and an installation of ours that registered its registry. */
export type RemoteWorld = AsyncDisposable & {
  /** What the attacker serves; may be replaced. */
  repository: TestRepository;
  releases: Role;
  qa: Role;
  readonly aliceKey: TestKey;
  readonly gun: Gun;
  readonly image: string;
  readonly server: HostileServer;
  readonly gatekeeper: Gatekeeper;
  /** After an attack the owner publishes again, as it was when this was set. */
  ownerReturns: () => Promise<void>;
  now: number;
  registries: Registries;
  /** As another process that shares the database, or this one after a restart. */
  restart(): Promise<void>;
  /** What is kept of files goes, and no more than that: pins and versions stay. */
  forgetFiles(): Promise<void>;
  read(): Promise<TrustReading>;
  judge(named?: string): Promise<{ judgement: Judgement; decision: StoredDecision | undefined }>;
};

/** An image that alice of the required team has signed, in `targets/releases` and in `targets/qa`. */
export async function signedRepository({ gun, content }: SignedImage = nowhere): Promise<
  Pick<RemoteWorld, "repository" | "releases" | "qa">
> {
  const repository = await testRepository(gun, start);
  const releases = repository.delegate("targets/releases", { keys: [aliceKey] });
  const qa = repository.delegate("targets/qa", { keys: [aliceKey] });
  releases.targets.set("1", content);
  qa.targets.set("1", content);
  await repository.publish();
  return { repository, releases, qa };
}

export async function remoteWorld(
  settings: {
    readonly registry?: Partial<NewRegistry>;
    readonly limits?: Partial<Limits>;
    readonly maxReadMs?: number;
    readonly signed?: SignedImage;
  } = {},
): Promise<RemoteWorld> {
  const { gun, content } = settings.signed ?? nowhere;
  const { host } = parseGun(gun);
  const signed = await signedRepository({ gun, content });
  const database = await openDatabase(":memory:");
  const server = await hostileServer(() => world.repository);
  const clock: Clock = () => world.now;
  const memory = sqlTrustMemory(database);
  const sealing = sealingUnder({ master: masterKeyOf(randomBytes(32)) });
  const nothing = () => Promise.resolve(undefined);
  const limits = {
    answerMs: 400,
    restMs: 0,
    minBytesPerSecond: 100 * 1_048_576,
    ...settings.limits,
  };
  const open = (): Registries =>
    createRegistries({
      ownHost,
      own: createReader({
        source: { current: nothing, byChecksum: nothing, byVersion: nothing },
        memory,
        clock,
      }),
      store: sqlRegistries(database),
      sealing,
      connect: (to) => createRemoteSource(to, { clock, limits }),
      memory,
      cache: sqlFileCache(database),
      clock,
      ...(settings.maxReadMs === undefined ? {} : { maxReadMs: settings.maxReadMs }),
    });
  const o = { signal: AbortSignal.timeout(60_000) };
  const decisions = memoryDecisionStore();
  const gatekeeper = createGatekeeper({
    trust: { read: (name, options) => world.registries.read(name, options) },
    registries: { hosts: (options) => world.registries.hosts(options) },
    directory: {
      roster: () =>
        Promise.resolve({
          version: 1,
          users: [admin, alice].map((name) => ({ name, isActive: true })),
          teams: [{ name: qaTeam, members: [alice] }],
          keys: [
            {
              fingerprint: parseKeyFingerprint(aliceKey.listed.material.fingerprint),
              account: alice,
              revoked: false,
            },
          ],
        }),
    },
    registryHost: ownHost,
    policies: memoryPolicyStore(),
    decisions,
    images: { imageIds: nothing },
    engine: { running: nothing },
    workloadStore: memoryWorkloadStore(),
    stopper: { stop: () => Promise.resolve({ kind: "stood-still" }) },
    webhook: { send: () => Promise.resolve(true) },
    pace: () => Promise.resolve(),
    clock,
  });
  const world: RemoteWorld = {
    ...signed,
    aliceKey,
    gun,
    image: `${gun}:1`,
    server,
    gatekeeper,
    ownerReturns: () => Promise.resolve(),
    now: start,
    registries: open(),
    async restart() {
      await world.registries.close();
      world.registries = open();
    },
    async forgetFiles() {
      await sqlFileCache(database).forget(gun, o);
      await world.restart();
    },
    read: () => world.registries.read(gun, o),
    async judge(named = world.image) {
      const request = { image: named, by: alice, gate: "docker-api", operation: "run" } as const;
      const judgement = await gatekeeper.judge(request, o);
      const [decision] = await gatekeeper.decisions({ limit: 1 }, o);
      return { judgement, decision };
    },
    async [Symbol.asyncDispose]() {
      await world.registries.close();
      await server[Symbol.asyncDispose]();
      await database.destroy();
    },
  };
  world.ownerReturns = ownerOf(world);
  const required = [{ team: qaTeam, people: 1 }];
  await gatekeeper.setPolicy({ mode: "enforce", required, ifVersion: 0 }, admin, o);
  await world.registries.add(
    { host, ca: server.caPem, trustServer: server.url, maxStaleSeconds: 0, ...settings.registry },
    admin,
    o,
  );
  return world;
}

/** The kinds of the reasons that a decision gives. */
export function reasonsOf(decision: StoredDecision | undefined): readonly string[] {
  if (decision?.verdict.kind !== "deny") return [];
  return decision.verdict.reasons.map(({ kind }) => kind);
}
