import type { Clock, Options } from "#domain/kernel";
import {
  digestOf,
  isManifestMediaType,
  maxManifestBytes,
  type Digest,
  type ImageReference,
  type ManifestMediaType,
  type RegistryHost,
  type RepositoryName,
  type Tag,
} from "#domain/oci";
import { below, parseAddress } from "./address.ts";
import { createAuthorizer } from "./authorize.ts";
import type { ProxyVariables } from "./connections.ts";
import type { AskCredentials } from "./credentials.ts";
import { RemoteError } from "./errors.ts";
import type { BodyStream, RemoteAnswer, Request } from "./exchange.ts";
import { createHttpClient } from "./http-client.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { maxErrorBytes, registryFault } from "./registry-faults.ts";
import type { TlsSettings } from "./tls.ts";

export type RegistrySettings = {
  /** Where it answers: `registryUrl(host)`. */
  readonly url: string;
  readonly allowPlainHttp?: boolean;
  readonly tls?: TlsSettings;
  /** The environment, for the proxies that it names; default none. */
  readonly proxy?: ProxyVariables;
  /** Asked once at most, and not before the registry refuses somebody who says no name, where `actions` is `pull`. */
  readonly credentials?: AskCredentials;
};

export type RegistryOptions = {
  readonly clock: Clock;
  readonly limits?: Partial<Limits>;
  /** What is going to be done: what tokens are asked for. */
  readonly actions: "pull" | "pull,push";
};

/** A manifest as it came, and what it is by its own bytes. */
export type FoundManifest = {
  readonly digest: Digest;
  /** In bytes. */
  readonly length: number;
  readonly mediaType: ManifestMediaType;
  readonly bytes: Uint8Array;
};

/** Content that is pushed in one stream. */
export type BlobToPush = BodyStream & { readonly digest: Digest };

/** A registry (OCI distribution-spec 1.1). Throws `RemoteError`. */
export type RegistryClient = {
  /** The manifest that a reference names now, by its digest where it has one; undefined where there is none. */
  resolve(reference: ImageReference, o: Options): Promise<FoundManifest | undefined>;
  manifest(
    repository: RepositoryName,
    digest: Digest,
    o: Options,
  ): Promise<FoundManifest | undefined>;
  hasBlob(repository: RepositoryName, digest: Digest, o: Options): Promise<boolean>;
  /** Sends a blob, whether it is there or not; the registry checks its digest. */
  pushBlob(repository: RepositoryName, blob: BlobToPush, o: Options): Promise<void>;
  /** Takes a blob over from another repository of the registry; false where it has to be pushed. */
  mountBlob(
    repository: RepositoryName,
    blob: { readonly digest: Digest; readonly from: RepositoryName },
    o: Options,
  ): Promise<boolean>;
  /** Under a tag, or under its digest alone. Gives the digest. */
  pushManifest(
    repository: RepositoryName,
    manifest: {
      readonly tag?: Tag;
      readonly mediaType: ManifestMediaType;
      readonly bytes: Uint8Array;
    },
    o: Options,
  ): Promise<Digest>;
  close(): Promise<void>;
};

type Begun = { readonly isThere: true } | { readonly isThere: false; readonly upload: URL };

/** Where the registry of a host answers: at the host, but for Docker's. */
export function registryUrl(host: RegistryHost): string {
  return `https://${host === "docker.io" ? "registry-1.docker.io" : host}`;
}

const accept = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Connects to a registry. Throws `remotes/address-invalid`; `remotes/tls-invalid` comes with the first request. */
export function createRegistryClient(
  settings: RegistrySettings,
  { clock, limits, actions }: RegistryOptions,
): RegistryClient {
  const { allowPlainHttp: allowPlain = false, tls = {} } = settings;
  const base = parseAddress(settings.url, allowPlain);
  const http = createHttpClient({
    ...{ tls, clock, proxy: settings.proxy },
    limits: { ...defaultLimits, ...limits },
  });
  const credentials = settings.credentials ?? (() => Promise.resolve(undefined));
  const authorizer = createAuthorizer({ http, credentials, clock, allowPlain });

  const scopeOf = (repository: RepositoryName): string => `repository:${repository}:${actions}`;
  const send = (
    scope: string,
    request: Omit<Request, "maxBytes"> & { readonly maxBytes?: number },
    o: Options,
  ): Promise<RemoteAnswer> => {
    const once = (headers: Readonly<Record<string, string>>): Promise<RemoteAnswer> => {
      const all = { ...request.headers, ...headers };
      return http.ask({ maxBytes: maxErrorBytes, ...request, headers: all }, o);
    };
    // What was given for this registry is not for whom it sends us to.
    if (request.url.origin !== base.origin) return once({});
    return authorizer.send({ scope, anonymousFirst: actions === "pull" }, once, o);
  };

  const manifestAt = async (
    repository: RepositoryName,
    reference: string,
    wanted: Digest | undefined,
    o: Options,
  ): Promise<FoundManifest | undefined> => {
    const url = below(base, `/v2/${repository}/manifests/${reference}`);
    const request = { url, headers: { accept }, maxBytes: maxManifestBytes };
    const answer = await send(scopeOf(repository), request, o);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw registryFault(answer);
    return manifestIn(answer, wanted);
  };

  const begin = async (
    repository: RepositoryName,
    query: string,
    scope: string,
    o: Options,
  ): Promise<Begun> => {
    const url = below(base, `/v2/${repository}/blobs/uploads/${query}`);
    const answer = await send(scope, { method: "POST", url }, o);
    if (answer.status === 201 && query !== "") return { isThere: true };
    if (answer.status !== 202) throw registryFault(answer);
    return { isThere: false, upload: uploadUrl(answer, url) };
  };

  return {
    resolve: ({ repository, tag, digest }, o) =>
      manifestAt(repository, digest ?? tag ?? "latest", digest, o),
    manifest: (repository, digest, o) => manifestAt(repository, digest, digest, o),
    async hasBlob(repository, digest, o) {
      const url = below(base, `/v2/${repository}/blobs/${digest}`);
      const answer = await send(scopeOf(repository), { method: "HEAD", url }, o);
      if (answer.status === 404) return false;
      // A registry that keeps its blobs elsewhere sends us there for one that it has.
      if (answer.status === 200 || answer.status === 307 || answer.status === 302) return true;
      throw registryFault(answer);
    },
    async pushBlob(repository, blob, o) {
      const scope = scopeOf(repository);
      const begun = await begin(repository, "", scope, o);
      if (begun.isThere) return;
      const url = begun.upload;
      url.searchParams.set("digest", blob.digest);
      const headers = { "content-type": "application/octet-stream" };
      const answer = await send(scope, { method: "PUT", url, headers, body: blob }, o);
      if (answer.status !== 201) throw registryFault(answer);
    },
    async mountBlob(repository, { digest, from }, o) {
      const scope = `${scopeOf(repository)} repository:${from}:pull`;
      const query = `?mount=${digest}&from=${encodeURIComponent(from)}`;
      const begun = await begin(repository, query, scope, o);
      if (begun.isThere) return true;
      // It began an upload instead, which nobody is going to finish; one that cannot be ended ends by itself.
      await send(scope, { method: "DELETE", url: begun.upload }, o);
      return false;
    },
    async pushManifest(repository, { tag, mediaType, bytes }, o) {
      const digest = digestOf(bytes);
      const url = below(base, `/v2/${repository}/manifests/${tag ?? digest}`);
      const headers = { "content-type": mediaType };
      const request = { method: "PUT", url, headers, body: bytes } as const;
      const answer = await send(scopeOf(repository), request, o);
      if (answer.status !== 201) throw registryFault(answer);
      requireSame(answer.headers.get("docker-content-digest"), digest);
      return digest;
    },
    close: () => Promise.resolve(http.close()),
  };
}

function manifestIn(answer: RemoteAnswer, wanted: Digest | undefined): FoundManifest {
  const { body: bytes, headers } = answer;
  if (bytes.length > maxManifestBytes)
    throw new RemoteError("remotes/content-too-large", "the manifest is too large");
  const mediaType = headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!isManifestMediaType(mediaType))
    throw new RemoteError("remotes/answer-unexpected", "the registry's answer is no manifest");
  const digest = digestOf(bytes);
  if (wanted === undefined) requireSame(headers.get("docker-content-digest"), digest);
  else requireSame(wanted, digest);
  return { digest, length: bytes.length, mediaType, bytes };
}

/** A registry that names content otherwise than we do either lies or was not heard to its end. */
function requireSame(said: string | undefined, digest: Digest): void {
  if (said !== undefined && said.startsWith("sha256:") && said !== digest)
    throw new RemoteError("remotes/content-differs", "the content is not what its digest says");
}

function uploadUrl(answer: RemoteAnswer, asked: URL): URL {
  const location = answer.headers.get("location");
  const url = location === undefined ? null : URL.parse(location, asked.href);
  if (url === null || (url.protocol !== "https:" && url.protocol !== asked.protocol))
    throw new RemoteError("remotes/answer-unexpected", "the registry says nowhere to upload to");
  return url;
}
