import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { Logger } from "pino";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request on its way through a route. */
export type Context = {
  readonly request: IncomingMessage;
  /** For routes that write the response themselves and then return `"handled"`. */
  readonly response: ServerResponse;
  /** The path as the client wrote it, not decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The named parts of the path, percent-decoded once. */
  readonly params: ReadonlyMap<string, string>;
  /** Fires when the client goes away or the server shuts down. */
  readonly signal: AbortSignal;
  /** Fires when the server begins to shut down: an endless answer ends now, others may finish. */
  readonly draining: AbortSignal;
  readonly log: Logger;
  readonly requestId: string;
};

export type Reply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array | Readable;
};

export type Handler = (context: Context) => Promise<Reply | "handled">;

export type Route = {
  readonly method: Method;
  /** `/v2/:repository+/tags/list`: `:name` is one segment, `:name+` one or more. */
  readonly pattern: string;
  readonly handler: Handler;
};

/** Routes that belong together, and how their errors look to the client. */
export type Face = {
  readonly routes: readonly Route[];
  /** The reply to an error; `undefined` for one the face does not know, which becomes a 500 with the request's id. */
  readonly replyTo: (error: unknown, context: Context) => Reply | undefined;
};

const route =
  (method: Method) =>
  (pattern: string, handler: Handler): Route => ({ method, pattern, handler });

export const get = route("GET");
export const head = route("HEAD");
export const post = route("POST");
export const put = route("PUT");
export const patch = route("PATCH");
export const del = route("DELETE");

/** The part of the path that `pattern` calls `name`. */
export function param(context: Context, name: string): string {
  const value = context.params.get(name);
  if (value === undefined) throw new TypeError(`the route has no parameter ${name}`);
  return value;
}
