import { Agent, request as httpRequest } from "node:http";
import { Agent as SecureAgent, request as httpsRequest } from "node:https";
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { RequestOptions } from "node:https";
import { isIP } from "node:net";
import type { Duplex, Readable } from "node:stream";
import type { Options } from "#domain/kernel";
import { DockerError } from "./errors.ts";

/** A request to the engine. Its target is canonical already; headers have no secrets of ours. */
export type EngineCall = {
  readonly method: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable;
};

export type EngineAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Must be read to its end or destroyed. */
  readonly body: IncomingMessage;
};

/** What the engine made of a request to take over the connection. */
export type UpgradeAnswer =
  | {
      readonly kind: "upgraded";
      readonly headers: IncomingHttpHeaders;
      readonly socket: Duplex;
      /** Bytes of the stream that came along with the answer. */
      readonly head: Uint8Array;
    }
  | { readonly kind: "answered"; readonly answer: EngineAnswer };

/** Where an engine listens: a Unix socket, or a port, with TLS where there is anything said about it. */
export type EngineAddress = (
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number; readonly tls?: EngineTls }
) & {
  /** Sent with every request: what a plugin of the engine knows us by. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** PEM. Without a CA the system's authorities are believed. */
export type EngineTls = {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** Believes whatever certificate is shown. */
  readonly skipVerification?: boolean;
};

export type Transport = {
  send(call: EngineCall, o: Options): Promise<EngineAnswer>;
  upgrade(call: EngineCall, o: Options): Promise<UpgradeAnswer>;
  close(): void;
};

/** Talks HTTP/1.1 to the engine. There are no time limits: `wait` and `logs -f` last for days. */
export function createTransport(address: EngineAddress): Transport {
  const pooled = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
  const tls = "tls" in address ? address.tls : undefined;
  const agent = tls === undefined ? new Agent(pooled) : new SecureAgent(pooled);
  const request = tls === undefined ? httpRequest : httpsRequest;
  const place = placeOf(address);
  const start = (call: EngineCall, o: Options, pool: Agent | false): ClientRequest =>
    request({
      ...place,
      agent: pool,
      method: call.method,
      path: call.target,
      headers: { ...call.headers, ...address.headers, host: "docker" },
      signal: o.signal,
    });
  return {
    send: (call, o) =>
      new Promise((resolve, reject) => {
        const request = start(call, o, agent);
        request.once("response", (answer) => resolve(answerOf(answer)));
        request.on("error", (cause) => reject(unreachable(cause, o)));
        sendBody(request, call.body);
      }),
    upgrade: (call, o) =>
      new Promise((resolve, reject) => {
        // A connection of its own: whatever becomes of it, nobody uses it again.
        const request = start(call, o, false);
        request.once("response", (answer) =>
          resolve({ kind: "answered", answer: answerOf(answer) }),
        );
        request.once("upgrade", (answer, socket, head) =>
          resolve({ kind: "upgraded", headers: answer.headers, socket, head }),
        );
        request.on("error", (cause) => reject(unreachable(cause, o)));
        sendBody(request, call.body);
      }),
    close: () => agent.destroy(),
  };
}

function placeOf(address: EngineAddress): RequestOptions {
  if ("socketPath" in address) return { socketPath: address.socketPath };
  const { host, port, tls } = address;
  if (tls === undefined) return { host, port };
  const { ca, certificate: cert, key, skipVerification = false } = tls;
  return {
    ...{ host, port, rejectUnauthorized: !skipVerification },
    servername: isIP(host) === 0 ? host : "", // not what the host header says
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

function sendBody(request: ClientRequest, body: EngineCall["body"]): void {
  if (body === undefined || body instanceof Uint8Array) return void request.end(body);
  body.pipe(request);
  body.once("error", (error) => request.destroy(error));
  body.once("close", () => {
    if (!body.readableEnded) request.destroy(new Error("the body ended early"));
  });
  // An engine that answers before it has read everything closes its side: its answer is what counts, and
  // whoever sends the rest must live to read it.
  request.once("close", () => {
    body.unpipe(request);
    body.resume();
  });
}

function answerOf(answer: IncomingMessage): EngineAnswer {
  return { status: answer.statusCode ?? 502, headers: answer.headers, body: answer };
}

function unreachable(cause: Error, o: Options): unknown {
  if (o.signal.aborted) return o.signal.reason;
  return new DockerError("docker/unreachable", "the engine does not answer", { cause });
}
