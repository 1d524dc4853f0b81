import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import { createEngine, stopperOf } from "#adapters/docker";
import { packageVersion } from "#adapters/io";
import { createKeyVault, openPki, pemKeyReader, sealingUnder } from "#adapters/pki";
import { createRemoteSource } from "#adapters/remotes";
import {
  cachedMetadataStore,
  openDatabase,
  openDiskBlobStore,
  ownMetadataSource,
  sqlAccountStore,
  sqlDecisionStore,
  sqlFileCache,
  sqlLeases,
  sqlMetadataStore,
  sqlPolicyStore,
  sqlRegistries,
  sqlRegistryStore,
  sqlSealedKeyStore,
  sqlTrustMemory,
  sqlWorkloadStore,
  together,
} from "#adapters/storage";
import { createWebhook } from "#adapters/webhook";
import type { Clock, Options } from "#domain/kernel";
import { createGateway, type Gateway } from "#faces/gateway";
import { createMetrics, metricsFace, type Face, type Metrics, type TlsIdentity } from "#faces/http";
import { registryFace, tokenFace } from "#faces/registry";
import { createGatekeeping, restFace } from "#faces/rest";
import { trustFace, trustMetrics } from "#faces/trust";
import {
  createAccountsService,
  createPasswordCheck,
  createScryptHasher,
  type AccountsService,
  type PasswordCheck,
} from "#services/accounts";
import { createGatekeeper, type Gatekeeper } from "#services/gatekeeper";
import { createReader, createRegistries } from "#services/reader";
import { createRegistryService, type BlobStore, type RegistryService } from "#services/registry";
import {
  createTrustService,
  createTrustUpkeep,
  explainWarning,
  observedKeys,
  observedStore,
  type Leases,
  type TrustService,
  type TrustUpkeep,
} from "#services/trust";
import { buildPolicyOf, callersOf, judgeForGateway } from "./gateway-parts.ts";
import type { Config } from "./config.ts";
import { engineHeaders, faceForNodes } from "./node-parts.ts";
import { engineStatus } from "./engine-status.ts";
import { databaseFile } from "./in-database.ts";
import { readMasterKeys } from "./master-keys.ts";
import { requireKeysToOpen } from "./open-vault.ts";
import { pauseWithJitter } from "./pause.ts";
import { runningWorkloads } from "./running-workloads.ts";
import { builtWeb } from "./web-directory.ts";
import { webhookKey } from "./webhook-key.ts";

/** The whole program, put together and not yet listening. */
export type App = {
  readonly accounts: AccountsService;
  readonly passwords: PasswordCheck;
  readonly metrics: Metrics;
  readonly leases: Leases;
  readonly blobs: BlobStore;
  readonly registry: RegistryService;
  readonly trust: TrustService;
  readonly upkeep: TrustUpkeep;
  readonly gatekeeper: Gatekeeper;
  /** Differs whenever something changed that verdicts rest on, other registries aside. */
  verdictsRestOn(o: Options): Promise<string>;
  readonly faces: readonly Face[];
  readonly tls: TlsIdentity;
  readonly gateway: Gateway;
  /** PEM of the authority behind our certificates. */
  readonly caPem: string;
  /** From now on the server is said to be healthy, as long as it can read its policy. */
  declareReady(): void;
  close(): Promise<void>;
};

/** What one process of several has from the first one. */
export type FromFirst = {
  readonly passwords: PasswordCheck;
  /** The metrics of all processes, as text. */
  readonly metricsText: () => Promise<string>;
};

/** Connects every part. What it opens, `close` closes. */
export async function wire(
  config: Config,
  log: Logger,
  o: Options,
  first?: FromFirst,
): Promise<App> {
  const clock: Clock = () => Date.now();
  const data = config.dataDirectory;
  const registryHost = config.host;
  const gatewayAddress = `tcp://${config.gatewayHost}`;

  const isNewInstallation = !existsSync(databaseFile(config));
  const masterKeys = await readMasterKeys(config, { ...o, isNewInstallation });
  const database = await openDatabase(databaseFile(config));
  const sealedKeys = sqlSealedKeyStore(database);
  await requireKeysToOpen({ store: sealedKeys, keys: masterKeys, config }, o);
  const blobs = await openDiskBlobStore({ directory: join(data, "blobs"), clock });
  const pki = await openPki(join(data, "pki"), { clock }, o);
  const tls = await pki.serverIdentity([registryHost, config.gatewayHost, config.listen.host], o);
  const engine = createEngine({
    socketPath: socketOf(config),
    headers: await engineHeaders(config),
  });

  const registryStore = sqlRegistryStore(database);
  const registry = createRegistryService({ blobs, store: registryStore, clock });
  const people = { store: sqlAccountStore(database), hasher: createScryptHasher(), clock };
  const passwords = first?.passwords ?? createPasswordCheck(people);
  const accounts = createAccountsService({
    ...people,
    passwords,
    keyReader: pemKeyReader,
    issuer: pki,
    visibility: registry,
    tokenKey: pki.tokenKey,
    registryHost,
    gateway: gatewayAddress,
    caPem: pki.caPem,
  });
  const metrics = createMetrics();
  const observer = trustMetrics(metrics);
  const keys = createKeyVault({ store: sealedKeys, ...masterKeys });
  const trustParts = {
    store: observedStore(cachedMetadataStore(sqlMetadataStore(database), database), observer),
    keys: observedKeys(keys, observer),
    clock,
  };
  const trust = createTrustService({ ...trustParts, registryHost });
  const leases = sqlLeases(database);
  const upkeep = createTrustUpkeep({
    ...trustParts,
    leases,
    holder: randomUUID(),
    pause: (options) => pauseWithJitter(pauseMs, options),
  });
  const memory = sqlTrustMemory(database);
  const registries = createRegistries({
    ownHost: registryHost,
    own: createReader({ source: ownMetadataSource(trust), memory, clock }),
    store: sqlRegistries(database),
    sealing: sealingUnder({ ...masterKeys, chosen: (options) => sealedKeys.masterKey(options) }),
    connect: (settings) => createRemoteSource(settings, { clock }),
    memory,
    cache: sqlFileCache(database),
    clock,
  });
  const gatekeeper = createGatekeeper({
    trust: registries,
    directory: accounts,
    registries,
    registryHost,
    policies: sqlPolicyStore(database),
    decisions: sqlDecisionStore(database),
    images: registry,
    engine: runningWorkloads(config.engine === "none" ? undefined : engine),
    workloadStore: sqlWorkloadStore(database),
    stopper: stopperOf(engine),
    webhook: createWebhook({ key: () => webhookKey(data, o), clock }),
    pace: (options) => pauseWithJitter(stopPauseMs, options),
    clock,
  });

  const challenge = { realm: `https://${registryHost}/auth/token`, service: registryHost };
  let isStarted = false;
  const status = engineStatus({ engine: config.engine === "none" ? undefined : engine });
  const faces = [
    trustFace({ trust, tokens: accounts, challenge, metrics, together: () => together(database) }),
    metricsFace(metrics, first?.metricsText),
    registryFace({ registry, tokens: accounts, access: accounts, challenge }),
    tokenFace({ authority: accounts }),
    faceForNodes({ gatekeeper, accounts, registryHost, clock }),
    restFace({
      accounts,
      gatekeeping: createGatekeeping({
        gatekeeper,
        registry,
        reader: registries,
        log,
        registryHost,
        gateway: gatewayAddress,
        version: packageVersion,
        engine: status,
        warnings: async (options) => (await upkeep.warnings(options)).map(explainWarning),
      }),
      registries,
      registryHost,
      caPem: pki.caPem,
      async isReady(options) {
        await gatekeeper.policy(options);
        return isStarted;
      },
      webRoot: config.webDirectory || builtWeb(),
    }),
  ];
  const gateway = createGateway({
    engine,
    judge: judgeForGateway(gatekeeper, { accounts, host: registryHost }),
    callers: callersOf(accounts),
    buildPolicy: buildPolicyOf(gatekeeper),
    tls: { ...tls, clientCa: pki.clientCaPem },
    log,
    drainSeconds: config.drainSeconds,
  });
  return {
    accounts,
    passwords,
    metrics,
    leases,
    blobs,
    registry,
    trust,
    upkeep,
    gatekeeper,
    faces,
    tls,
    gateway,
    caPem: pki.caPem,
    async verdictsRestOn(options) {
      const newest = { gun: undefined, range: { before: Number.MAX_SAFE_INTEGER }, limit: 1 };
      const [change] = await trust.changes(newest, options);
      const { version } = await gatekeeper.policy(options);
      return [version, (await accounts.roster(options)).version, change?.id ?? 0].join(" ");
    },
    declareReady() {
      isStarted = true;
    },
    async close() {
      engine.close();
      await registries.close();
      await database.destroy();
    },
  };
}

/** Between two workloads that are stopped. */
const stopPauseMs = 5_000;

/** Between two batches of signing again, so that what people ask for goes first. */
const pauseMs = 100;

/** Without an engine the gateway still answers: that there is none. */
function socketOf(config: Config): string {
  return config.engine === "none"
    ? join(config.dataDirectory, "no-engine.sock")
    : config.engine.slice("unix://".length);
}
