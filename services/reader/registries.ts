import type { AccountName } from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import { parseGun, type Gun, type RegistryHost } from "#domain/oci";
import type { TrustReading } from "#domain/tuf";
import { ReaderError } from "./errors.ts";
import type { FileCache, MetadataSource, TrustMemory } from "./ports.ts";
import { createReader, type Reader } from "./reader.ts";
import {
  parsePinnedCa,
  parseTrustServerUrl,
  passwordPlace,
  type PinnedCa,
  type Registry,
  type RegistryStore,
  type Sealing,
  type StoredRegistry,
  type TrustServerUrl,
} from "./registry.ts";

/** A connection to another registry's trust server. */
export type RemoteSource = MetadataSource & { close(): Promise<void> };
export type RemoteSettings = {
  readonly trustServer: TrustServerUrl;
  readonly ca: PinnedCa;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
};

export type RegistriesParts = {
  readonly ownHost: RegistryHost;
  readonly own: Reader;
  readonly store: RegistryStore;
  readonly sealing: Sealing;
  readonly connect: (settings: RemoteSettings) => RemoteSource;
  readonly memory: TrustMemory;
  readonly cache: FileCache;
  readonly clock: Clock;
  /** For how long a reading may wait for another registry, all files together; default 30 seconds. */
  readonly maxReadMs?: number;
};

export type NewRegistry = {
  readonly host: RegistryHost;
  /** PEM. */
  readonly ca: string;
  /** Default: the registry's own host. */
  readonly trustServer?: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Default: ten minutes. */
  readonly maxStaleSeconds?: number;
};

/** The registries whose images may run, ours first, and the trust data of each. */
export interface Registries extends Pick<Reader, "read" | "forget"> {
  hosts(o: Options): Promise<readonly RegistryHost[]>;
  list(o: Options): Promise<readonly Registry[]>;
  /** Throws `reader/registry-taken`, `reader/registry-own`, `reader/ca-invalid` or `reader/trust-server-invalid`. */
  add(wanted: NewRegistry, by: AccountName, o: Options): Promise<Registry>;
  /** Its images do not run from now on. What was seen of its repositories stays. Throws `reader/registry-unknown`. */
  remove(host: RegistryHost, o: Options): Promise<void>;
  close(): Promise<void>;
}

const defaultMaxStaleSeconds = 600;
const defaultMaxReadMs = 30_000;

type Open = {
  readonly registry: StoredRegistry;
  readonly source: RemoteSource;
  readonly reader: Reader;
};

/** Readers of all registries, each opened when it is first asked. Another process may add and remove: the store is what counts. */
export function createRegistries(parts: RegistriesParts): Registries {
  const { store, ownHost } = parts;
  const opened = new Map<RegistryHost, Open>();

  const replace = (host: RegistryHost, open: Open | undefined): void => {
    letGo(opened.get(host)?.source);
    if (open === undefined) opened.delete(host);
    else opened.set(host, open);
  };

  const readerFor = async (host: RegistryHost, o: Options): Promise<Reader | undefined> => {
    if (host === ownHost) return parts.own;
    const registry = await store.find(host, o);
    if (registry === undefined) {
      replace(host, undefined);
      return undefined;
    }
    const known = (): Reader | undefined => {
      const found = opened.get(host);
      return found !== undefined && isSame(found.registry, registry) ? found.reader : undefined;
    };
    const reader = known();
    if (reader !== undefined) return reader;
    const open = await openRegistry(registry, parts, o);
    const first = known(); // somebody else may have opened it meanwhile
    if (first === undefined) replace(host, open);
    else letGo(open.source);
    return first ?? open.reader;
  };

  return {
    async hosts(o) {
      return [ownHost, ...(await store.hosts(o))];
    },
    list: async (o) => (await store.list(o)).map(shown),
    async add(wanted, by, o) {
      const registry = await prepared(wanted, by, parts, o);
      await store.add(registry, o);
      return shown(registry);
    },
    async remove(host, o) {
      if (!(await store.remove(host, o)))
        throw new ReaderError("reader/registry-unknown", `${host} is not registered`);
      await readerFor(host, o);
    },
    async read(gun, o) {
      try {
        const reader = await readerFor(hostOf(gun), o);
        return reader === undefined ? notRegistered(gun) : await reader.read(gun, o);
      } catch (error) {
        if (error instanceof ReaderError && error.code === "reader/password-lost")
          return { kind: "unavailable", detail: error.message };
        throw error;
      }
    },
    async forget(gun, o) {
      const reader = await readerFor(hostOf(gun), o);
      if (reader === undefined)
        throw new ReaderError("reader/registry-unknown", `${hostOf(gun)} is not registered`);
      await reader.forget(gun, o);
    },
    async close() {
      const all = [...opened.values()];
      opened.clear();
      await Promise.all(all.map(({ source }) => source.close()));
    },
  };
}

async function prepared(
  wanted: NewRegistry,
  by: AccountName,
  { ownHost, sealing, clock }: RegistriesParts,
  o: Options,
): Promise<StoredRegistry> {
  const { host, credentials } = wanted;
  if (host === ownHost)
    throw new ReaderError("reader/registry-own", "our own registry is trusted already");
  return {
    host,
    trustServer: parseTrustServerUrl(wanted.trustServer ?? `https://${host}`),
    ca: parsePinnedCa(wanted.ca),
    username: credentials?.username,
    sealedPassword:
      credentials &&
      (await sealing.seal(Buffer.from(credentials.password), passwordPlace(host), o)),
    maxStaleSeconds: wanted.maxStaleSeconds ?? defaultMaxStaleSeconds,
    addedAt: clock(),
    addedBy: by,
  };
}

async function openRegistry(
  registry: StoredRegistry,
  parts: RegistriesParts,
  o: Options,
): Promise<Open> {
  const { trustServer, ca } = registry;
  const credentials = await credentialsOf(registry, parts.sealing, o);
  const source = parts.connect({ trustServer, ca, credentials });
  const reader = createReader({
    source,
    memory: parts.memory,
    cache: parts.cache,
    clock: parts.clock,
    maxStaleMs: registry.maxStaleSeconds * 1_000,
    maxReadMs: parts.maxReadMs ?? defaultMaxReadMs,
    vanished: "unavailable",
  });
  return { registry, source, reader };
}

async function credentialsOf(
  { host, username, sealedPassword }: StoredRegistry,
  sealing: Sealing,
  o: Options,
): Promise<RemoteSettings["credentials"]> {
  if (username === undefined || sealedPassword === undefined) return undefined;
  try {
    const password = Buffer.from(await sealing.open(sealedPassword, passwordPlace(host), o));
    return { username, password: password.toString("utf8") };
  } catch (cause) {
    o.signal.throwIfAborted();
    throw new ReaderError(
      "reader/password-lost",
      `the password for ${host} does not open with this master key: register it again`,
      { cause },
    );
  }
}

/** What may be seen of a registry: all but the password, sealed as it is. */
function shown(stored: StoredRegistry): Registry {
  const { host, trustServer, ca, username, maxStaleSeconds, addedAt, addedBy } = stored;
  return { host, trustServer, ca, username, maxStaleSeconds, addedAt, addedBy };
}

function isSame(a: StoredRegistry, b: StoredRegistry): boolean {
  return (
    a.trustServer === b.trustServer &&
    a.ca === b.ca &&
    a.username === b.username &&
    a.maxStaleSeconds === b.maxStaleSeconds &&
    a.addedAt === b.addedAt
  );
}

/** Removed between the question whom to trust and this one: it says nothing about the image. */
function notRegistered(gun: Gun): TrustReading {
  return { kind: "unavailable", detail: `the registry ${hostOf(gun)} is not registered` };
}

function hostOf(gun: Gun): RegistryHost {
  return parseGun(gun).host;
}

/** Closes a source that nobody waits for. One that does not close well is of no use to anybody either way. */
function letGo(source: RemoteSource | undefined): void {
  source?.close().catch(() => undefined);
}
