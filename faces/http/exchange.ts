import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Context } from "./route.ts";

type Asked = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly search: string;
  readonly params: ReadonlyMap<string, string>;
};
/** What all requests to one server share. */
type Server = {
  readonly closing: AbortSignal;
  readonly draining: AbortSignal;
  readonly log: Logger;
};

/**
 * One request on its way. The id, the signal, the query and the child logger are made when they are first
 * asked for: most answers come from memory and need none of them, and together they cost more than the answer.
 */
export class Exchange implements Context {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly params: ReadonlyMap<string, string>;
  readonly #search: string;
  readonly #server: Server;
  #requestId: string | undefined;
  #signal: AbortSignal | undefined;
  #query: URLSearchParams | undefined;
  #log: Logger | undefined;

  constructor(asked: Asked, server: Server) {
    this.request = asked.request;
    this.response = asked.response;
    this.path = asked.path;
    this.params = asked.params;
    this.#search = asked.search;
    this.#server = server;
  }

  get draining(): AbortSignal {
    return this.#server.draining;
  }

  get requestId(): string {
    this.#requestId ??= randomUUID();
    return this.#requestId;
  }

  get signal(): AbortSignal {
    this.#signal ??= AbortSignal.any([whenGone(this.response), this.#server.closing]);
    return this.#signal;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.#search);
    return this.#query;
  }

  get log(): Logger {
    this.#log ??= this.#server.log.child({ requestId: this.requestId });
    return this.#log;
  }
}

function whenGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  const abort = (): void => {
    // An answer that is whole has no work left to stop, and an error costs its stack.
    if (!response.writableFinished) gone.abort(new Error("the client went away"));
  };
  if (response.closed) abort();
  else response.once("close", abort);
  return gone.signal;
}
