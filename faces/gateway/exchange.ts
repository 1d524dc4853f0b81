import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Engine } from "#adapters/docker";
import type { Classified } from "#domain/engine-api";
import type { BuildPolicy, Caller, Callers, Judge } from "./ports.ts";

/** What the steps of the chain share. */
export type Parts = {
  readonly engine: Engine;
  readonly judge: Judge;
  readonly callers: Callers;
  readonly buildPolicy: BuildPolicy;
};

/** What the chain reads of a request beside its meaning: the headers, and the body where that is judged. */
export type AskedRequest = Readable & { readonly headers: IncomingHttpHeaders };

/** One request whose sender and meaning are known. */
export type Exchange = {
  readonly request: AskedRequest;
  readonly caller: Caller;
  readonly asked: Classified;
  /** Fires when the client goes away or the gateway shuts down. */
  readonly signal: AbortSignal;
};
