import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { Agent, type Dispatcher } from "undici";
import { openDatabase, sqlMetadataStore } from "#adapters/storage";
import { parseRegistryHost, type RegistryHost } from "#domain/oci";
import { certifiedKey } from "#domain/tuf/testing";
import {
  createMetrics,
  get,
  json,
  metricsFace,
  serveHttp,
  type Face,
  type Metrics,
  type TlsIdentity,
} from "#faces/http";
import { trustFace, trustMetrics } from "#faces/trust";
import {
  createTrustService,
  observedKeys,
  observedStore,
  type TrustService,
} from "#services/trust";
import { inMemoryKeyVault } from "#services/trust/testing";
import { startNotaryServer, type TestTrustServer } from "./notary-server.ts";

export type Answer = {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly body: Buffer;
};
export type Ask = {
  readonly method?: string;
  /** As it goes on the wire: nothing is cleaned. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
};
/** One of the two servers, and plain HTTP to it. */
export type Side = TestTrustServer & { readonly ask: (ask: Ask) => Promise<Answer> };

/** Debian's `notary-server` and ours, side by side over TLS, neither asking for tokens. */
export type ServerPair = AsyncDisposable & {
  readonly go: Side;
  readonly ours: Side & { readonly trust: TrustService };
  readonly directory: string;
  readonly caFile: string;
};

/** `host` is the registry whose repositories may be published. */
export async function startServerPair(
  host: RegistryHost = parseRegistryHost("registry.test"),
): Promise<ServerPair> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "countersign-pair-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const tls = await loopbackIdentity();
  const caFile = join(directory, "ca.pem");
  await writeFile(caFile, tls.certificate);
  const agent = new Agent({
    connect: { ca: tls.certificate, host: "127.0.0.1", servername: "localhost" },
  });
  const gunPrefixes = [`${host}/`];
  const go = stack.use(await startNotaryServer({ directory, tls, gunPrefixes }));
  const ours = stack.use(await startOurs({ directory, tls, host }));
  stack.defer(() => agent.close());
  const parts = stack.move();
  return {
    go: { ...go, ask: asker(go.url, agent) },
    ours: { ...ours, ask: asker(ours.url, agent) },
    directory,
    caFile,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

export async function loopbackIdentity(): Promise<TlsIdentity> {
  const identity = await certifiedKey({
    name: "localhost",
    dnsName: "localhost",
    notBefore: Date.now() - 60_000,
    notAfter: Date.now() + 86_400_000,
  });
  const key = identity.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { certificate: identity.pem, key };
}

async function startOurs(options: {
  readonly directory: string;
  readonly tls: TlsIdentity;
  readonly host: RegistryHost;
}): Promise<TestTrustServer & { readonly trust: TrustService }> {
  const { directory, tls, host } = options;
  const database = await openDatabase(join(directory, "database.sqlite"));
  const metrics = createMetrics();
  const observer = trustMetrics(metrics);
  const trust = createTrustService({
    store: observedStore(sqlMetadataStore(database), observer),
    keys: observedKeys(inMemoryKeyVault(), observer),
    clock: Date.now,
    registryHost: host,
  });
  const server = await serveHttp(
    {
      faces: [withoutTokens(trust, metrics), metricsFace(metrics), ping],
      tls,
      log: pino({ level: "silent" }),
      drainSeconds: 1,
    },
    { host: "127.0.0.1", port: 0 },
  );
  return {
    url: `https://localhost:${server.port}`,
    port: server.port,
    trust,
    async [Symbol.asyncDispose]() {
      await server.close();
      await database.destroy();
    },
  };
}

/** The trust face for whom every request carries a token that allows everything there is. */
function withoutTokens(trust: TrustService, metrics: Metrics): Face {
  const actions = new Set(["*"] as const);
  const face = trustFace({
    trust,
    metrics,
    tokens: {
      verify: (name) => {
        const gun = Buffer.from(name, "hex").toString();
        const scopes = [
          { type: "repository", name: gun, actions },
          { type: "registry", name: "catalog", actions },
        ] as const;
        return Promise.resolve({ account: undefined, scopes });
      },
    },
    challenge: { realm: "", service: "" },
  });
  const routes = face.routes.map((route) => ({
    ...route,
    handler: ((context) => {
      const gun = context.params.get("gun") ?? "";
      const named = Buffer.from(gun === "" ? "-" : gun).toString("hex");
      context.request.headers.authorization = `Bearer ${named}`;
      return route.handler(context);
    }) satisfies typeof route.handler,
  }));
  return { ...face, routes };
}

const ping: Face = {
  routes: [get("/v2/", () => Promise.resolve(json(200, {})))],
  replyTo: () => undefined,
};

function asker(url: string, dispatcher: Dispatcher): Side["ask"] {
  return async ({ method = "GET", path, headers = {}, body }) => {
    const answer = await dispatcher.request({
      origin: url,
      path,
      method: method as Dispatcher.HttpMethod,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  };
}
