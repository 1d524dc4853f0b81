import { resolve } from "node:path";
import { registryUrl, type TlsSettings } from "#adapters/remotes";
import { ApiError, type Registry } from "#contracts";
import {
  formatGun,
  OciError,
  parseReference,
  parseRegistryHost,
  type Gun,
  type ImageReference,
  type RegistryHost,
  type RepositoryName,
} from "#domain/oci";
import { CliError } from "../errors.ts";
import { hasHost } from "../image-host.ts";
import { readNamedFile } from "../named-file.ts";
import type { Session } from "../session.ts";
import type { Account } from "./account.ts";
import type { TrustOptions } from "./trust-options.ts";

/** Where a repository and its trust data are. */
export type Place = {
  readonly host: RegistryHost;
  readonly repository: RepositoryName;
  readonly gun: Gun;
  /** Whether it is our own server's. */
  readonly isOwn: boolean;
  readonly registryUrl: string;
  readonly trustServerUrl: string;
  readonly tls: TlsSettings;
};
export type ImagePlace = Place & { readonly reference: ImageReference };

export type Places = {
  /** An image as it was written; without a host it is our own server's. Throws `cli/usage`. */
  image(text: string): Promise<ImagePlace>;
  /** As `image`, for a name that must have neither tag nor digest. */
  repository(text: string): Promise<Place>;
};

const hub = "docker.io";

export function createPlaces(session: Session, account: Account, options: TrustOptions): Places {
  const { config, world } = session;
  const serverHost = new URL(config.server).host;
  let own: Promise<RegistryHost> | undefined;
  let known: Promise<readonly Registry[]> | undefined;
  const ask = async (): Promise<RegistryHost> =>
    parseRegistryHost((await (await account.client())("status")).registryHost);
  const ownHost = (): Promise<RegistryHost> => (own ??= ask());
  /** Where the server cannot say, an image that is written with a host is where its name says. */
  const isOwn = async (host: RegistryHost): Promise<boolean> =>
    host === serverHost ||
    (await quietly(async () => (await ownHost()) === host, { otherwise: false }));
  const registered = async (): Promise<readonly Registry[]> =>
    await (known ??= quietly(async () => await (await account.client())("listRegistries"), {
      otherwise: [],
    }));
  const ownTls = async (): Promise<TlsSettings> => {
    if (config.ca === undefined) return {};
    const hint = "name the server's ca.pem with --ca or COUNTERSIGN_CA";
    const ca = await readNamedFile(
      resolve(world.workingDirectory, config.ca.file),
      "the CA file",
      hint,
    );
    return { ca, andSystem: config.ca.counts === "also" };
  };
  const place = async (host: RegistryHost, repository: RepositoryName): Promise<Place> => {
    const named = options.trustServer?.replace(/\/+$/, "");
    const at = { host, repository, gun: formatGun(host, repository) };
    if (await isOwn(host)) {
      const url = config.server;
      const tls = await ownTls();
      return { ...at, isOwn: true, registryUrl: url, trustServerUrl: named ?? url, tls };
    }
    const registry = (await registered()).find((one) => one.host === host);
    const tls = registry === undefined ? { ...(await ownTls()), andSystem: true } : registry;
    const usual = registry?.trustServer ?? `https://${host === hub ? `notary.${hub}` : host}`;
    return {
      ...at,
      isOwn: false,
      registryUrl: registryUrl(host),
      trustServerUrl: named ?? usual,
      tls: "host" in tls ? { ca: tls.ca } : tls,
    };
  };
  const reading = async (text: string): Promise<ImageReference> => {
    const full = hasHost(text) ? text : `${await ownHost()}/${text}`;
    try {
      return parseReference(full);
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      const hint = "write it as acme/web:1 or registry.example/acme/web:1";
      throw new CliError("cli/usage", `${text} is not the name of an image`, hint);
    }
  };
  return {
    async image(text) {
      const reference = await reading(text);
      return { ...(await place(reference.host, reference.repository)), reference };
    },
    async repository(text) {
      const { host, repository, tag, digest } = await reading(text);
      const isBare = digest === undefined && (tag === undefined || !text.includes(`:${tag}`));
      if (isBare) return await place(host, repository);
      throw new CliError(
        "cli/usage",
        `${text} is an image`,
        `give the repository: ${text.replace(/(?::[^/:]+)?(?:@.*)?$/, "")}`,
      );
    },
  };
}

/** What a server that is not there, or does not let us ask, cannot tell. */
async function quietly<Value>(
  ask: () => Promise<Value>,
  { otherwise }: { readonly otherwise: Value },
): Promise<Value> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError || error instanceof CliError) return otherwise;
    throw error;
  }
}
