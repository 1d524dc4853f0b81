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
