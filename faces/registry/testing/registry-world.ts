import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pino } from "pino";
import { Client, type Dispatcher } from "undici";
import { openDatabase, openDiskBlobStore, sqlRegistryStore } from "#adapters/storage";
import {
  actionsOf,
  parseAccountName,
  type AccountName,
  type RightOnRepository,
} from "#domain/identity";
import { digestOf, type Digest, type Scope } from "#domain/oci";
import { serveHttp } from "#faces/http";
import { AccountsError, type Grant, type TokenVerifier } from "#services/accounts";
import {
  createRegistryService,
  type RegistryParts,
  type RegistryService,
} from "#services/registry";
import type { RepositoryAccess } from "../listing-routes.ts";
import { registryFace } from "../registry-face.ts";
import type { TokenAuthority } from "../token-authority.ts";
import { tokenFace } from "../token-face.ts";

const run = promisify(execFile);

/** Alice may do everything in `acme/`, bob may read there, nobody else anything but what is public. */
export const passwords = new Map([
  ["alice", "alice-secret-1"],
  ["bob", "bob-secret-1"],
]);

export type RegistryWorld = AsyncDisposable & {
  readonly registry: RegistryService;
  readonly directory: string;
  readonly host: string;
  readonly certificateFile: string;
  /** A token for `alice`, `bob` or nobody with exactly these scopes, granted or not. */
  token(account: string | undefined, scopes: readonly Scope[]): string;
  send(
    method: string,
    path: string,
    more?: {
      readonly token?: string;
      readonly headers?: Record<string, string>;
      readonly body?: Dispatcher.DispatchOptions["body"];
    },
  ): Promise<Answer>;
};

export type Answer = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Buffer;
  /** The first error's code, for a refusal. */
  readonly code: string | undefined;
  readonly json: () => unknown;
};

/** A registry over TLS on a free port, with its data in a temporary folder, or in one that is kept. */
export async function registryWorld(
  more: Partial<RegistryParts> & { readonly directory?: string } = {},
): Promise<RegistryWorld> {
  const directory = more.directory ?? (await mkdtemp(join(tmpdir(), "countersign-registry-")));
  const tls = await selfSigned(directory);
  const database = await openDatabase(join(directory, "database.sqlite"));
  const clock = (): number => Date.now();
  const registry = createRegistryService({
    blobs: await openDiskBlobStore({ directory: join(directory, "blobs"), clock }),
    store: sqlRegistryStore(database),
    clock,
    ...more,
  });
  const desk = tokenDesk(registry);
  const challenge = { realm: "", service: "registry" };
  const server = await serveHttp(
    {
      faces: [registryFace({ registry, ...desk, challenge }), tokenFace(desk)],
      tls: { certificate: tls.certificate, key: tls.key },
      log: pino({ level: "silent" }),
      drainSeconds: 1,
    },
    { host: "127.0.0.1", port: 0 },
  );
  const host = `127.0.0.1:${server.port}`;
  challenge.realm = `https://${host}/auth/token`;
  const client = new Client(`https://${host}`, {
    connect: { ca: tls.certificate, servername: "localhost" },
    pipelining: 0,
  });
  return {
    registry,
    directory,
    host,
    certificateFile: tls.certificateFile,
    token: desk.token,
    send: (method, path, options = {}) => send(client, method, path, options),
    async [Symbol.asyncDispose]() {
      await client.destroy();
      await server.close();
      await database.destroy();
      if (more.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

async function send(
  client: Client,
  method: string,
  path: string,
  { token, headers = {}, body }: NonNullable<Parameters<RegistryWorld["send"]>[2]>,
): Promise<Answer> {
  const answer = await client.request({
    method: method as Dispatcher.HttpMethod,
    path,
    headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body }),
  });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  const json = (): unknown => JSON.parse(bytes.toString()) as unknown;
  const isRefusal = answer.statusCode >= 400 && bytes.length > 0;
  const { errors } = (isRefusal ? json() : {}) as { errors?: readonly { code: string }[] };
  return {
    status: answer.statusCode,
    headers: new Map(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
    bytes,
    code: errors?.[0]?.code,
    json,
  };
}

/** Gives out tokens and knows them again: as much of accounts as a registry needs. */
function tokenDesk(registry: RegistryService): {
  readonly tokens: TokenVerifier;
  readonly authority: TokenAuthority;
  readonly access: RepositoryAccess;
  readonly token: RegistryWorld["token"];
} {
  const grants = new Map<string, Grant>();
  const give = (grant: Grant): string => {
    const token = randomBytes(16).toString("base64url");
    grants.set(token, grant);
    return token;
  };
  const access: RepositoryAccess = {
    async rightOn(account, repository, o) {
      const right: RightOnRepository = !repository.startsWith("acme/")
        ? "none"
        : account === undefined
          ? "none"
          : account === "alice"
            ? "admin"
            : "read";
      return right === "none" && (await registry.isPublic(repository, o)) ? "read" : right;
    },
  };
  return {
    access,
    token: (account, scopes) =>
      give({ account: account === undefined ? undefined : parseAccountName(account), scopes }),
    tokens: {
      async verify(token) {
        const grant = await Promise.resolve(grants.get(token));
        if (grant === undefined) throw new AccountsError("accounts/token-invalid", "unknown token");
        return grant;
      },
    },
    authority: {
      async issue({ credentials, scopes }, o) {
        const account = signedIn(credentials);
        const left: Scope[] = [];
        for (const scope of scopes) {
          if (scope.type !== "repository") continue;
          const right = await access.rightOn(account, scope.name as never, o);
          left.push({ ...scope, actions: scope.actions.intersection(actionsOf(right)) });
        }
        return {
          token: give({ account, scopes: left }),
          expiresInSeconds: 300,
          issuedAt: Date.now(),
        };
      },
    },
  };
}

function signedIn(
  credentials: { readonly username: string; readonly password: string } | undefined,
): AccountName | undefined {
  if (credentials === undefined) return undefined;
  if (credentials.username === "locked")
    throw new AccountsError("accounts/locked", "locked", { retryAfterSeconds: 30 });
  if (passwords.get(credentials.username) !== credentials.password)
    throw new AccountsError("accounts/credentials-wrong", credentials.username);
  return parseAccountName(credentials.username);
}

async function selfSigned(directory: string): Promise<{
  readonly certificate: string;
  readonly key: string;
  readonly certificateFile: string;
}> {
  const [key, certificateFile] = [join(directory, "tls.key"), join(directory, "ca.crt")];
  const names = "subjectAltName=DNS:localhost,DNS:registry.lab,IP:127.0.0.1";
  const what =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test";
  await run("openssl", [
    ...what.split(" "),
    "-addext",
    names,
    "-keyout",
    key,
    "-out",
    certificateFile,
  ]);
  return {
    certificate: await readFile(certificateFile, "utf8"),
    key: await readFile(key, "utf8"),
    certificateFile,
  };
}

/** A small image: what has to be uploaded, and its manifest. */
export function smallImage(text = "hello"): {
  readonly blobs: readonly Buffer[];
  readonly manifest: Buffer;
  readonly digest: Digest;
  readonly mediaType: string;
} {
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const config = Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", text }));
  const layer = Buffer.from(`layer of ${text}`);
  const pointer = (kind: string, bytes: Buffer): object => ({
    mediaType: `application/vnd.oci.image.${kind}`,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: pointer("config.v1+json", config),
      layers: [pointer("layer.v1.tar", layer)],
    }),
  );
  return { blobs: [config, layer], manifest, digest: digestOf(manifest), mediaType };
}

/** The scope of one repository. */
export function scopeOn(
  name: string,
  ...actions: readonly ("pull" | "push" | "delete" | "*")[]
): Scope {
  return { type: "repository", name, actions: new Set(actions) };
}
