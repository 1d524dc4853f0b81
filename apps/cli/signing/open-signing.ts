import { join } from "node:path";
import { createRootCertifier } from "#adapters/pki";
import {
  createRegistryClient,
  createTrustServer,
  watchServer,
  type Credentials,
  type RegistryClient,
  type RegistryOptions,
  type TrustServerConnection,
  type TrustServerOptions,
} from "#adapters/remotes";
import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { rootRole, type RoleName } from "#domain/tuf";
import { createReader, type Reader } from "#services/reader";
import { createSigner, type Signer, type SignerParts } from "#services/signer";
import type { Session } from "../session.ts";
import { fromDocker } from "./from-docker.ts";
import { openAccount, type Account } from "./account.ts";
import { createPlaces, type Place, type Places } from "./places.ts";
import { openDirectory, type OpenDirectory } from "./trust-directory.ts";
import type { TrustOptions } from "./trust-options.ts";

/** Everything that a command which reads or signs trust data works with. Servers are asked when they are needed. */
export type Signing = AsyncDisposable &
  Options & {
    readonly directory: OpenDirectory;
    readonly account: Account;
    readonly places: Places;
    /** The trust data of a repository: for reading with `pull`, for publishing with `push,pull`. */
    trust(place: Place, actions: TrustServerOptions["actions"]): TrustConnection;
    registry(place: Place, actions: RegistryOptions["actions"]): RegistryClient;
  };

export type TrustConnection = {
  readonly server: TrustServerConnection;
  readonly reader: Reader;
  /** For `createSigner` and `signImage`; hold `directory.lock(gun)` while publishing. */
  readonly parts: SignerParts;
  readonly signer: Signer;
  /** What the trust server failed with last: it says more than that nothing could be fetched. */
  readonly fault: () => unknown;
  /** The file that is kept here of a role, where Notary's clients keep it: for people. */
  readonly keptIn: (gun: Gun, role: RoleName) => string;
};

/** Opens what signing takes; dispose of it when the command ends. */
export async function openSigning(session: Session, options: TrustOptions): Promise<Signing> {
  const { world } = session;
  const { signal } = new AbortController();
  const directory = await openDirectory(options, world, { signal });
  const account = openAccount(session, { signal });
  const open = new Map<string, TrustConnection>();
  const registries = new Map<string, RegistryClient>();
  const closing: (() => Promise<void>)[] = [];
  const credentialsFor =
    (place: Place, url: string) => async (): Promise<Credentials | undefined> => {
      // Who we are at our own server is no business of another one that was named with --trust-server.
      const { origin, host } = new URL(url);
      const isOurs = place.isOwn && origin === session.config.server;
      const known = isOurs ? await account.credentials() : undefined;
      const name = place.isOwn && !isOurs ? host : place.host;
      return known ?? (await fromDocker(name, world, { signal }));
    };
  const remote = (place: Place, url: string) => ({
    url,
    allowPlainHttp: url.startsWith("http://") && url === options.trustServer?.replace(/\/+$/, ""),
    tls: place.tls,
    proxy: world.env,
    credentials: credentialsFor(place, url),
  });
  const connectTrust = (place: Place, actions: TrustServerOptions["actions"]): TrustConnection => {
    const how = { clock: world.clock, actions, anonymousFirst: actions === "pull" && !place.isOwn };
    const connection = createTrustServer(remote(place, place.trustServerUrl), how);
    const { server, lastFault } = watchServer(connection);
    closing.push(() => server.close());
    const { memory, cache, keys, local } = directory;
    const reader = createReader({ source: server, memory, cache, clock: world.clock });
    const parts: SignerParts = {
      ...{ keys, local, reader, server },
      clock: world.clock,
      certifier: createRootCertifier(),
      servedFile: async (gun, role, { sha256, length }, o) =>
        sha256 === undefined
          ? undefined
          : await server.byChecksum(gun, role, sha256, { ...o, maxBytes: length }),
      earlierRoot: (gun, version, o) => server.byVersion(gun, rootRole, version, o),
    };
    const keptIn = (gun: Gun, role: RoleName): string =>
      join(directory.path, "tuf", gun, "metadata", `${role}.json`);
    return { server, reader, parts, signer: createSigner(parts), fault: lastFault, keptIn };
  };
  return {
    signal,
    directory,
    account,
    places: createPlaces(session, account, options),
    trust(place, actions) {
      const name = `${actions} ${place.trustServerUrl} ${place.host}`;
      const known = open.get(name) ?? connectTrust(place, actions);
      open.set(name, known);
      return known;
    },
    registry(place, actions) {
      const name = `${actions} ${place.registryUrl}`;
      const known = registries.get(name);
      if (known !== undefined) return known;
      const client = createRegistryClient(remote(place, place.registryUrl), {
        clock: world.clock,
        actions,
      });
      closing.push(() => client.close());
      registries.set(name, client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const close of closing) await close();
      await account[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
