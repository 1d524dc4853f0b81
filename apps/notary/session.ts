import { openTrustDirectory, type TrustDirectory } from "#adapters/trust-directory";
import type { TrustServerConnection, TrustServerOptions } from "#adapters/remotes";
import type { Options } from "#domain/kernel";
import { parseCollectionName, type Gun } from "#domain/oci";
import { rootRole, type OpenRepository, type VerifiedRole } from "#domain/tuf";
import { createReader, type MetadataSource } from "#services/reader";
import type { Signer } from "#services/signer";
import { acceptFirst } from "./accept-first.ts";
import { readConfig, type Config } from "./config.ts";
import { failure } from "./errors.ts";
import type { Invocation } from "./invocation.ts";
import { logLine } from "./log.ts";
import { createPassphrases } from "./passphrases.ts";
import { causeOf, connect, hostOf } from "./server.ts";
import type { World } from "./world.ts";

/** What a command works with: the configuration and the trust directory. No server is asked yet. */
export type Session = Options & {
  readonly world: World;
  readonly config: Config;
  readonly directory: TrustDirectory;
};

export async function openSession(invocation: Invocation): Promise<Session> {
  const { world, signal } = invocation;
  const config = await readConfig(invocation);
  const directory = openTrustDirectory(config.trustDirectory, {
    passphrases: createPassphrases(world),
    clock: world.clock,
    onWarning: (warning) => logLine(world, "warning", `${warning.file}: ${warning.detail}`),
  });
  return { world, config, directory, signal };
}

/** Reads the name of a collection. Throws `notary/failed`. */
export function collectionName(text: string): Gun {
  try {
    return parseCollectionName(text);
  } catch (error) {
    throw failure(`invalid GUN ${JSON.stringify(text)}: a name like registry.lab/acme/web`, error);
  }
}

/**
 * The verified trust data of a collection. Where the server does not answer, what is kept stands in as long as
 * it is not expired, and a warning says so. Throws `notary/failed`.
 */
export async function readCollection(session: Session, gun: Gun): Promise<OpenRepository> {
  const { world, config, directory } = session;
  const server = await connect(world, config, "pull");
  try {
    const noted = noting(server);
    const reader = createReader({
      source: noted.source,
      memory: directory.memory,
      cache: directory.cache,
      clock: world.clock,
      maxStaleMs: Number.MAX_SAFE_INTEGER,
      acceptFirst: acceptFirst(config.pinning),
    });
    const { reading, open } = await reader.open(gun, session);
    const fault = noted.fault();
    if (isUnreachable(fault))
      logLine(world, "error", `could not reach ${config.server}: ${causeOf(fault)}`);
    if (reading.kind === "verified" && open !== undefined) {
      if (reading.asOf !== undefined)
        logLine(
          world,
          "warning",
          "Error while downloading remote metadata, using cached timestamp - this might not be the latest version available remotely",
        );
      await warnOf(world, reading.roles, open);
      return open;
    }
    const { readingSentence, sentenceOf } = await import("./sentences.ts");
    const about = { host: hostOf(config.server), gun };
    if (reading.kind === "unavailable" && fault !== undefined)
      throw failure(sentenceOf(fault, about), fault);
    throw failure(readingSentence(reading, about));
  } finally {
    await server.close();
  }
}

/** Lets the signer of a collection do something. Errors become the Notary client's sentences. */
export async function withSigner<Value>(
  session: Session,
  gun: Gun,
  actions: TrustServerOptions["actions"],
  act: (signer: Signer) => Promise<Value>,
): Promise<Value> {
  const { world, config, directory } = session;
  const server = await connect(world, config, actions);
  const noted = noting(server);
  try {
    await using _lock = await directory.lock(gun, session);
    const { createSigner } = await import("#services/signer");
    const reader = createReader({
      source: noted.source,
      memory: directory.memory,
      cache: directory.cache,
      clock: world.clock,
      acceptFirst: acceptFirst(config.pinning),
    });
    const signer = createSigner({
      keys: directory.keys,
      local: directory.local,
      reader,
      server: noted.server,
      certifier: {
        // X.509 takes long to load, and only a new collection or root key needs it.
        async certify(...asked) {
          const { createRootCertifier } = await import("#adapters/pki");
          return await createRootCertifier().certify(...asked);
        },
      },
      clock: world.clock,
      earlierRoot: (of, version, o) => noted.source.byVersion(of, rootRole, version, o),
    });
    return await act(signer);
  } catch (error) {
    const fault = noted.fault();
    if (isUnreachable(fault))
      logLine(world, "error", `could not reach ${config.server}: ${causeOf(fault)}`);
    const { sentenceOf } = await import("./sentences.ts");
    const isOffline = error instanceof Error && Reflect.get(error, "code") === "signer/offline";
    const shown = isOffline && fault !== undefined ? fault : error;
    throw failure(sentenceOf(shown, { host: hostOf(config.server), gun }), error);
  } finally {
    await server.close();
  }
}

type Noting = {
  readonly source: MetadataSource;
  readonly server: TrustServerConnection;
  /** The last thing that went wrong between us and the server. */
  readonly fault: () => unknown;
};

function noting(server: TrustServerConnection): Noting {
  let last: unknown;
  const noted = async <Value>(answer: Promise<Value>): Promise<Value> => {
    try {
      return await answer;
    } catch (error) {
      last = error;
      throw error;
    }
  };
  const watched: TrustServerConnection = {
    ...server,
    current: (...asked) => noted(server.current(...asked)),
    byChecksum: (...asked) => noted(server.byChecksum(...asked)),
    byVersion: (...asked) => noted(server.byVersion(...asked)),
    publish: (...asked) => noted(server.publish(...asked)),
    key: (...asked) => noted(server.key(...asked)),
    rotateKey: (...asked) => noted(server.rotateKey(...asked)),
    remove: (...asked) => noted(server.remove(...asked)),
  };
  return { source: watched, server: watched, fault: () => last };
}

function isUnreachable(fault: unknown): boolean {
  return fault instanceof Error && Reflect.get(fault, "code") === "trust-server/unreachable";
}

/** A delegation that may not be believed makes the rest no worse. */
async function warnOf(
  world: World,
  roles: readonly VerifiedRole[],
  open: OpenRepository,
): Promise<void> {
  for (const { name, state } of roles) {
    if (state.kind === "tampered")
      logLine(world, "warning", `Error getting ${name}: ${state.detail}`);
    if (state.kind === "expired") {
      const { forPeople } = await import("./sentences.ts");
      const when = forPeople(state.expiredAt);
      logLine(world, "warning", `Error getting ${name}: ${name} expired at ${when}`);
    }
  }
  for (const file of open.targets.values())
    for (const { name, keys, threshold } of file.signed.delegations)
      if (keys.size < threshold)
        logLine(
          world,
          "warning",
          `role ${name} has fewer keys than its threshold of ${threshold}; it will not be usable until keys are added to it`,
        );
}
