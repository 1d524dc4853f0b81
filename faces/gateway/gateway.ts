import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Logger } from "pino";
import { startListening, type RunningServer } from "#faces/http";
import { admit, plan } from "./decide.ts";
import { refusalOf } from "./errors.ts";
import type { Exchange, Parts } from "./exchange.ts";
import { endWith, hijack, permitUpgrade } from "./hijack.ts";
import { pullPinned } from "./pull-pinned.ts";
import { isRefusal, refuse, type Refusal } from "./refusal.ts";
import { relayBuild } from "./relay-build.ts";
import { sendAnswer, sendRefusal } from "./respond.ts";

export type GatewayOptions = Parts & {
  readonly tls: {
    readonly certificate: string;
    readonly key: string;
    /** PEM of the authority, or authorities, that client certificates must come from. */
    readonly clientCa: string | readonly string[];
  };
  readonly log: Logger;
  /** How long `close` lets running requests finish before it cuts them. */
  readonly drainSeconds?: number;
};

export interface Gateway {
  /** Starts to accept connections; port 0 takes a free one. Throws `http/address-in-use`. */
  listen(host: string, port: number): Promise<{ readonly host: string; readonly port: number }>;
  /** Stops accepting, lets running requests finish within the drain time, cuts the rest. */
  close(): Promise<void>;
}

/** The Docker API over TLS with client certificates, through which only judged images run. */
export function createGateway(options: GatewayOptions): Gateway {
  const closing = new AbortController();
  const server = createServer({
    cert: options.tls.certificate,
    key: options.tls.key,
    ca: [options.tls.clientCa].flat(),
    minVersion: "TLSv1.2",
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ["http/1.1"],
    allowHalfOpen: true, // standard input may end before the output does
    handshakeTimeout: 10_000, // with half-open sockets, who leaves before the end is noticed only so
    noDelay: true,
    maxHeaderSize: 65_536,
    requestTimeout: 0,
    keepAliveTimeout: 120_000,
  });
  serve(server, options, closing.signal);
  let running: RunningServer | undefined;
  return {
    async listen(host, port) {
      running = await startListening(
        server,
        { host, port },
        { closing, drainSeconds: options.drainSeconds ?? 10 },
      );
      return { host, port: running.port };
    },
    async close() {
      await running?.close();
    },
  };
}

function serve(server: Server, options: GatewayOptions, closing: AbortSignal): void {
  const answering = new WeakMap<Duplex, number>();
  const count = (socket: Duplex, by: 1 | -1): void =>
    void answering.set(socket, (answering.get(socket) ?? 0) + by);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request; // it has none any more once it is over
    count(socket, 1);
    response.once("close", () => count(socket, -1));
    void answer(request, response, options, closing);
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // An upgrade behind a request that is still being answered would write into that answer.
    if ((answering.get(socket) ?? 0) > 0) socket.destroy();
    else void upgrade(request, socket as TLSSocket, { head, options, closing });
  });
  server.on("clientError", (_error: Error, socket: Duplex) => {
    const isFree = socket.writable && (answering.get(socket) ?? 0) === 0;
    if (isFree) endWith(socket, refuse(400, "this is not a well-formed HTTP request"));
    else socket.destroy();
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: GatewayOptions,
  closing: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("the client went away")));
  const signal = AbortSignal.any([gone.signal, closing]);
  let exchange: Exchange | Refusal | undefined;
  let refusal: Refusal | undefined;
  try {
    exchange = await admit(request, options, signal);
    const planned = isRefusal(exchange) ? exchange : await plan(exchange, options);
    switch (planned.kind) {
      case "refused":
        refusal = planned;
        break;
      case "relay":
        await sendAnswer(response, await options.engine.relay(planned.call, { signal }));
        break;
      case "build":
        refusal = await relayBuild(response, options, planned, { signal });
        break;
      case "pull-pinned":
        await pullPinned(response, options, planned, { signal });
        break;
    }
  } catch (error) {
    if (isOver(response, signal)) {
      response.destroy();
      return record(options.log, request, { exchange, refusal, status: brokenOff });
    }
    refusal = refusalFor(error, options.log);
  }
  if (refusal !== undefined) await sendRefusal(request, response, refusal);
  record(options.log, request, { exchange, refusal, status: response.statusCode });
}

async function upgrade(
  request: IncomingMessage,
  socket: TLSSocket,
  { head, options, closing }: { head: Buffer; options: GatewayOptions; closing: AbortSignal },
): Promise<void> {
  const gone = new AbortController();
  const cut = (): void => void socket.destroy();
  closing.addEventListener("abort", cut, { once: true });
  socket.once("close", () => {
    closing.removeEventListener("abort", cut);
    gone.abort(new Error("the client went away"));
  });
  socket.on("error", cut); // the client is gone; whoever waits learns it from the close
  const signal = AbortSignal.any([gone.signal, closing]);
  let exchange: Exchange | Refusal | undefined;
  let refusal: Refusal | undefined;
  try {
    exchange = await admit(request, options, signal);
    refusal = isRefusal(exchange) ? exchange : await permitOrPlan(exchange, options);
    if (refusal === undefined && !isRefusal(exchange))
      await hijack(exchange, options, socket, head);
  } catch (error) {
    if (signal.aborted || socket.destroyed) {
      cut();
      return record(options.log, request, { exchange, refusal, status: brokenOff });
    }
    refusal = refusalFor(error, options.log);
  }
  if (refusal !== undefined) endWith(socket, refusal);
  record(options.log, request, { exchange, refusal, status: refusal?.status ?? 101 });
}

/** The upgrades of BuildKit get their own words; any other that is not known gets the general ones. */
async function permitOrPlan(exchange: Exchange, parts: Parts): Promise<Refusal | undefined> {
  const denied = permitUpgrade(exchange);
  if (denied === undefined || exchange.asked.operation.class !== "build") return denied;
  const planned = await plan(exchange, parts);
  return isRefusal(planned) ? planned : denied;
}

/** In the log, the status of an answer that one side broke off; what was asked may have been done. */
const brokenOff = 499;

/** Whether nobody is left to answer, or an answer has begun that can only be broken off. */
function isOver(response: ServerResponse, signal: AbortSignal): boolean {
  return signal.aborted || response.headersSent || response.destroyed;
}

function refusalFor(error: unknown, log: Logger): Refusal {
  const refusal =
    refusalOf(error) ?? refuse(500, "the gateway failed on this request, so it was not relayed");
  if (refusal.status >= 500) log.error({ event: "gateway.failed", err: error }, refusal.message);
  return refusal;
}

function record(
  log: Logger,
  request: IncomingMessage,
  outcome: {
    readonly exchange: Exchange | Refusal | undefined;
    readonly refusal: Refusal | undefined;
    readonly status: number;
  },
): void {
  const { exchange, refusal, status } = outcome;
  const isKnown = exchange !== undefined && !isRefusal(exchange);
  const fields = {
    event: "gateway.operation",
    by: isKnown ? exchange.caller.account : refusal?.by,
    method: request.method,
    operation: isKnown ? exchange.asked.operation.path : refusal?.operation,
    name: isKnown ? exchange.asked.name : undefined,
    status,
    ...(refusal === undefined ? {} : { refused: refusal.message }),
  };
  const isRead = isKnown && exchange.asked.operation.class === "read";
  if (isRead && refusal === undefined) log.debug(fields, "relayed");
  else log.info(fields, refusal === undefined ? "relayed" : "refused");
}
