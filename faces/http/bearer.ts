import type { IncomingMessage } from "node:http";

const BEARER = /^Bearer +([\w.~+/-]{1,16384}=*) *$/i;

/** The bearer token of a request (RFC 6750, section 2.1); undefined where there is none, or one that no token looks like. */
export function bearerToken(request: IncomingMessage): string | undefined {
  return BEARER.exec(request.headers.authorization ?? "")?.[1];
}

/**
 * The 401 that tells a client where to fetch a token (Docker token authentication; RFC 6750, section 3).
 * `scope` is written as the client must ask for it.
 */
export function bearerChallenge(options: {
  readonly realm: string;
  readonly service: string;
  readonly scope?: string;
  readonly error?: "invalid_token" | "insufficient_scope";
}): string {
  const parts = Object.entries(options).map(([name, value]) => `${name}="${value}"`);
  return `Bearer ${parts.join(",")}`;
}
