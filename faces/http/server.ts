import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Logger } from "pino";
import { HttpError } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import { json } from "./reply.ts";
import type { Context, Face, Reply } from "./route.ts";
import { createRouter } from "./router.ts";

export type TlsIdentity = { readonly certificate: string; readonly key: string };

export type HttpServerOptions = {
  readonly faces: readonly Face[];
  readonly tls: TlsIdentity;
  readonly log: Logger;
  /** How long `close` lets running requests finish before it cuts them. */
  readonly drainSeconds?: number;
};

export type RunningServer = {
  readonly host: string;
  readonly port: number;
  /** Stops accepting, lets running requests finish within the drain time, then returns. */
  close(): Promise<void>;
};

/** Serves `faces` over TLS (1.2 or newer). `listen` with port 0 takes a free one. Throws `http/address-in-use`. */
export async function serveHttp(
  options: HttpServerOptions,
  listen: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  const route = createRouter(options.faces);
  const closing = new AbortController();
  const draining = new AbortController();
  const server = createServer(
    {
      cert: options.tls.certificate,
      key: options.tls.key,
      minVersion: "TLSv1.2",
      requestTimeout: 0,
    },
    (request, response) => {
      void answer(request, response, {
        route,
        closing: closing.signal,
        draining: draining.signal,
        log: options.log,
      });
    },
  );
  const stop = { closing, drainSeconds: options.drainSeconds ?? 10 };
  const running = await startListening(server, listen, stop);
  return {
    ...running,
    close() {
      draining.abort(new Error("the server is shutting down"));
      return running.close();
    },
  };
}

/** Binds `server` and gives the handle that stops it. Throws `http/address-in-use`. */
export async function startListening(
  server: Server,
  listen: { readonly host: string; readonly port: number },
  stop: { readonly closing: AbortController; readonly drainSeconds: number },
): Promise<RunningServer> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const inUse = cause.code === "EADDRINUSE";
      reject(
        inUse
          ? new HttpError(
              "http/address-in-use",
              `${listen.host}:${listen.port} is taken by another program`,
              { cause },
            )
          : cause,
      );
    });
    server.listen(listen.port, listen.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  // `closeAllConnections` knows those only that have got as far as HTTP, and not who left a handshake open.
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return { host: listen.host, port, close: () => drain(server, sockets, stop) };
}

async function drain(
  server: Server,
  sockets: ReadonlySet<Socket>,
  stop: { readonly closing: AbortController; readonly drainSeconds: number },
): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => {
    stop.closing.abort(new Error("the server is shutting down"));
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
  }, stop.drainSeconds * 1_000);
  await closed;
  clearTimeout(cut);
}

type Parts = {
  readonly route: ReturnType<typeof createRouter>;
  readonly closing: AbortSignal;
  readonly draining: AbortSignal;
  readonly log: Logger;
};

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parts: Parts,
): Promise<void> {
  const started = performance.now();
  const [path = "/", search = ""] = splitAt(request.url ?? "/", "?");
  const match = parts.route(request.method ?? "", path);
  try {
    if (match === undefined || match === "wrong-method") {
      await send(request, response, notFound(match === "wrong-method" ? 405 : 404));
      return;
    }
    const { params } = match;
    const context = new Exchange({ request, response, path, search, params }, parts);
    const reply = await replyOf(match.face, () => match.route.handler(context), context);
    if (reply !== "handled") await send(request, response, reply);
  } catch (error) {
    // Only a response that could not be written comes here: the client is gone or the stream broke.
    parts.log.debug({ event: "http.response-broken", path, err: error }, "response broken off");
    response.destroy();
  } finally {
    if (parts.log.isLevelEnabled("debug")) {
      const ms = Math.round(performance.now() - started);
      const { method } = request;
      const { statusCode: status } = response;
      parts.log.debug({ event: "http.request", method, path, status, ms }, "request");
    }
  }
}

async function replyOf(
  face: Face,
  run: () => Promise<Reply | "handled">,
  context: Context,
): Promise<Reply | "handled"> {
  try {
    return await run();
  } catch (error) {
    const known = face.replyTo(error, context);
    if (known !== undefined) return known;
    if (context.signal.aborted) throw error;
    context.log.error({ event: "http.failed", err: error, path: context.path }, "request failed");
    return json(500, {
      errors: [{ code: "UNKNOWN", message: `internal error; request ${context.requestId}` }],
    });
  }
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
): Promise<void> {
  if (leavesBody(request)) response.setHeader("connection", "close");
  response.writeHead(reply.status, headersOf(reply) as Record<string, string>);
  if (reply.body instanceof Readable) {
    if (request.method === "HEAD") reply.body.destroy();
    else return await pipeline(reply.body, response);
  }
  response.end(
    request.method === "HEAD" || reply.body instanceof Readable ? undefined : reply.body,
  );
}

/** With the length of a body that is whole: a response that is told all of it at once costs least. */
function headersOf({ headers, body }: Reply): Reply["headers"] {
  const isWhole = typeof body === "string" || body instanceof Uint8Array;
  if (!isWhole || headers?.["content-length"] !== undefined) return headers;
  return { ...headers, "content-length": String(Buffer.byteLength(body)) };
}

/** A body that nobody read keeps the connection from its next request: it ends with this response. */
function leavesBody(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const { headers } = request;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function notFound(status: 404 | 405): Reply {
  return json(status, {
    errors: [
      {
        code: "NOT_FOUND",
        message: status === 404 ? "there is nothing here" : "this method is not served here",
      },
    ],
  });
}

function splitAt(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
