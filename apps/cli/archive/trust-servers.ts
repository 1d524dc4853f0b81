import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  createTrustServer,
  dockerCredentials,
  type Credentials,
  type TlsSettings,
  type TrustServerConnection,
} from "#adapters/remotes";
import { parseGun, type Gun } from "#domain/oci";
import { patientSource, type ArchiveSource } from "#services/archive";
import { TrustServerError } from "#services/signer";
import { CliError } from "../errors.ts";
import { readNamedFile } from "../named-file.ts";
import type { World } from "../world.ts";

export type TrustServers = AsyncDisposable & {
  readonly sourceOf: (
    gun: Gun,
  ) => Promise<{ readonly server: string; readonly source: ArchiveSource }>;
};

type Chosen = {
  readonly guns: readonly Gun[];
  readonly server: string | undefined;
  readonly ca: string | undefined;
};

const hub = "docker.io";
const hubServer = `https://notary.${hub}`;
/** Gentle: a server that is about to go has many visitors. */
const connections = 4;

/**
 * The trust servers of repositories: the one that was named, or each repository's own host. Tokens are asked for
 * with what docker knows of that very server, and only where nobody may read without a name. NOTARY_AUTH says no
 * server, so it counts only where there is one server alone.
 */
export async function connectTrustServers(chosen: Chosen, world: World): Promise<TrustServers> {
  const named = chosen.server === undefined ? undefined : addressOf(chosen.server);
  const tls = await tlsFor(chosen.ca, world);
  const serverOf = (gun: Gun): string => named ?? ownServer(gun);
  const isAlone = new Set(chosen.guns.map(serverOf)).size === 1;
  const open = new Map<string, { connection: TrustServerConnection; source: ArchiveSource }>();
  const connect = (
    server: string,
  ): { connection: TrustServerConnection; source: ArchiveSource } => {
    const connection = createTrustServer(
      {
        url: server,
        allowPlainHttp: named?.startsWith("http://") ?? false,
        tls,
        credentials: () => credentialsFor(server, { isAlone }, world),
      },
      { clock: world.clock, actions: "pull", limits: { restMs: 0, connections } },
    );
    const source = patientSource(connection, {
      isPassing,
      pause: async (ms, { signal }) => {
        world.err(`${server} is busy: asking again in ${Math.ceil(ms / 1_000)} s\n`);
        await delay(ms, undefined, { signal });
      },
    });
    return { connection, source };
  };
  return {
    sourceOf: (gun) => {
      const server = serverOf(gun);
      const { source } = open.get(server) ?? open.set(server, connect(server)).get(server) ?? {};
      if (source === undefined) throw new TypeError(server);
      return Promise.resolve({ server, source });
    },
    async [Symbol.asyncDispose]() {
      for (const { connection } of open.values()) await connection.close();
    },
  };
}

function addressOf(text: string): string {
  return (text.includes("://") ? text : `https://${text}`).replace(/\/+$/, "");
}

function ownServer(gun: Gun): string {
  const { host } = parseGun(gun);
  return host === hub ? hubServer : `https://${host}`;
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof TrustServerError)) return false;
  return error.status === 429 || (error.status ?? 0) >= 500;
}

/** A CA that was asked for is the only one; one that is there for our own server is one more. */
async function tlsFor(asked: string | undefined, world: World): Promise<TlsSettings> {
  const { env, workingDirectory } = world;
  if (asked !== undefined)
    return { ca: await readNamedFile(resolve(workingDirectory, asked), "the CA file") };
  const own = env["COUNTERSIGN_CA"] || join(env["COUNTERSIGN_DATA"] || ".countersign", "ca.pem");
  const file = resolve(workingDirectory, own);
  if (!existsSync(file)) return {};
  return { ca: await readNamedFile(file, "the CA file"), andSystem: true };
}

async function credentialsFor(
  server: string,
  { isAlone }: { readonly isAlone: boolean },
  world: World,
): Promise<Credentials | undefined> {
  const { env, homeDirectory } = world;
  const given = env["NOTARY_AUTH"];
  if (given && isAlone) return decoded(given);
  const host = server === hubServer ? hub : new URL(server).host;
  const directory = env["DOCKER_CONFIG"] || join(homeDirectory, ".docker");
  const signal = AbortSignal.timeout(30_000);
  const inline = env["DOCKER_AUTH_CONFIG"] ?? "";
  return await dockerCredentials(host, { directory, env, inline }, { signal });
}

function decoded(text: string): Credentials {
  const [, username, password] =
    /^([^:]+):(.*)$/s.exec(Buffer.from(text, "base64").toString("utf8")) ?? [];
  if (username === undefined || password === undefined)
    throw new CliError(
      "cli/credentials-malformed",
      "NOTARY_AUTH is not a name and a password",
      "write them as NAME:PASSWORD, in base64",
    );
  return { username, password };
}
