/** Clients of servers elsewhere: Notary v1 trust servers and registries over HTTPS, token handshake included. */
export type { ProxyVariables } from "./connections.ts";
export type { AskCredentials, Credentials } from "./credentials.ts";
export { dockerCredentials, type DockerCredentialsSettings } from "./docker-credentials.ts";
export { RemoteError, type RemoteErrorCode } from "./errors.ts";
export type { Limits } from "./limits.ts";
export {
  createRegistryClient,
  registryUrl,
  type BlobToPush,
  type FoundManifest,
  type RegistryClient,
  type RegistryOptions,
  type RegistrySettings,
} from "./registry-client.ts";
export { createRemoteSource, type RemoteOptions } from "./remote-source.ts";
export type { TlsSettings } from "./tls.ts";
export {
  createTrustServer,
  type TrustServerConnection,
  type TrustServerOptions,
  type TrustServerSettings,
} from "./trust-server.ts";
export { isUnreachable, watchServer, type WatchedServer } from "./watch-server.ts";
