import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Context } from "./route.ts";

type Given = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly search: string;
  readonly params: ReadonlyMap<string, string>;
  readonly closing: AbortSignal;
  readonly draining: AbortSignal;
  readonly log: Logger;
};

/**
 * One request on its way. The signal, the query and the child logger are made when they are first asked
 * for: most answers come from memory and need none of them, and together they cost more than the answer.
 */
export class Exchange implements Context {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly params: ReadonlyMap<string, string>;
  readonly draining: AbortSignal;
  readonly requestId = randomUUID();
  readonly #given: Given;
  #signal: AbortSignal | undefined;
  #query: URLSearchParams | undefined;
  #log: Logger | undefined;

  constructor(given: Given) {
    this.request = given.request;
    this.response = given.response;
    this.path = given.path;
    this.params = given.params;
    this.draining = given.draining;
    this.#given = given;
  }

  get signal(): AbortSignal {
    this.#signal ??= AbortSignal.any([whenGone(this.response), this.#given.closing]);
    return this.#signal;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.#given.search);
    return this.#query;
  }

  get log(): Logger {
    this.#log ??= this.#given.log.child({ requestId: this.requestId });
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
