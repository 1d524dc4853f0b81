import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { createKeyVault, masterKeyOf } from "#adapters/pki";
import {
  openDatabase,
  ownMetadataSource,
  sqlMetadataStore,
  sqlSealedKeyStore,
  sqlTrustMemory,
} from "#adapters/storage";
import type { Clock } from "#domain/kernel";
import { parseRegistryHost, parseScope, type Scope } from "#domain/oci";
import { certifiedKey } from "#domain/tuf/testing";
import { bearerChallenge, empty, get, json, serveHttp, type Face } from "#faces/http";
import { trustFace } from "#faces/trust";
import type { TokenVerifier } from "#services/accounts";
import { createReader, type Reader } from "#services/reader";
import { createTrustService, type TrustService } from "#services/trust";

export type TrustLab = AsyncDisposable & {
  readonly url: string;
  readonly directory: string;
  readonly caFile: string;
  readonly registryHost: string;
  readonly trust: TrustService;
  readonly reader: Reader;
};

const password = "lab-password";
/** What the notary client takes its credentials from. */
export const notaryAuth = Buffer.from(`alice:${password}`).toString("base64");
const registryHost = parseRegistryHost("registry.test");

/** A trust server of our own over TLS, with a token issuer beside it that gives its one user everything. */
export async function openTrustLab(clock: Clock = Date.now): Promise<TrustLab> {
  const directory = mkdtempSync(join(tmpdir(), "countersign-trust-"));
  const database = await openDatabase(join(directory, "database.sqlite"));
  const identity = await certifiedKey({
    name: "localhost",
    dnsName: "localhost",
    notBefore: Date.now() - 60_000,
    notAfter: Date.now() + 86_400_000,
  });
  const caFile = join(directory, "server.pem");
  writeFileSync(caFile, identity.pem);
  const key = identity.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const tls = { certificate: identity.pem, key };
  const keys = createKeyVault({
    store: sqlSealedKeyStore(database),
    master: masterKeyOf(randomBytes(32)),
  });
  const trust = createTrustService({
    store: sqlMetadataStore(database),
    keys,
    clock,
    registryHost,
  });
  const source = ownMetadataSource(trust);
  const reader = createReader({ source, memory: sqlTrustMemory(database), clock });
  const challenge = { realm: "", service: "lab" };
  const issuer = tokenIssuer(challenge);
  const faces = [trustFace({ trust, tokens: issuer.tokens, challenge }), issuer.face];
  const log = pino({ level: "silent" });
  const server = await serveHttp(
    { faces, tls, log, drainSeconds: 1 },
    { host: "127.0.0.1", port: 0 },
  );
  const url = `https://localhost:${server.port}`;
  challenge.realm = `${url}/token`;
  return {
    url,
    directory,
    caFile,
    registryHost,
    trust,
    reader,
    async [Symbol.asyncDispose]() {
      await server.close();
      await database.destroy();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Gives tokens whose text names the grant in an issuer's own table. */
function tokenIssuer(challenge: { readonly realm: string; readonly service: string }): {
  readonly tokens: TokenVerifier;
  readonly face: Face;
} {
  const issued = new Map<string, readonly Scope[]>();
  const tokens: TokenVerifier = {
    verify: (token) => Promise.resolve({ account: undefined, scopes: issued.get(token) ?? [] }),
  };
  const face: Face = {
    routes: [
      get("/v2/", ({ request }) =>
        Promise.resolve(
          request.headers.authorization === undefined
            ? empty(401, {
                "www-authenticate": bearerChallenge({ ...challenge, scope: "registry:catalog:*" }),
              })
            : json(200, {}),
        ),
      ),
      get("/token", ({ request, query }) => {
        const { authorization } = request.headers;
        const isAlice = authorization === `Basic ${notaryAuth}`;
        if (authorization !== undefined && !isAlice)
          return Promise.resolve(json(401, { details: "wrong password" }));
        const token = randomBytes(16).toString("hex");
        issued.set(token, isAlice ? query.getAll("scope").map(parseScope) : []);
        return Promise.resolve(json(200, { token, expires_in: 300 }));
      }),
    ],
    replyTo: () => undefined,
  };
  return { tokens, face };
}
