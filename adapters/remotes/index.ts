/** Clients of servers elsewhere: Notary v1 trust servers over HTTPS, token handshake included. */
export type { RemoteError, RemoteErrorCode } from "./errors.ts";
export type { Limits } from "./https-get.ts";
export { createRemoteSource, type RemoteOptions } from "./remote-source.ts";
