import type { Reply } from "./route.ts";

type Headers = NonNullable<Reply["headers"]>;

/** A JSON answer. */
export function json(status: number, value: unknown, headers: Headers = {}): Reply {
  const body = JSON.stringify(value);
  return {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "content-length": String(Buffer.byteLength(body)),
      "cache-control": "no-store",
      ...headers,
    },
    body,
  };
}

/** An answer without a body. */
export function empty(status: number, headers: Headers = {}): Reply {
  return { status, headers: { "content-length": "0", ...headers } };
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
