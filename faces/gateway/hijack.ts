import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { EngineAnswer, UpgradeAnswer } from "#adapters/docker";
import { EngineApiError, formatTarget, readEngineBody, writeEngineBody } from "#domain/engine-api";
import { HttpError } from "#faces/http";
import type { Exchange, Parts } from "./exchange.ts";
import { headersToClient, headersToEngine } from "./headers.ts";
import { refusalBody, refuse, type Refusal } from "./refusal.ts";

const maxBodyBytes = 65_536;
const bodyMs = 30_000;
const lingerMs = 5_000;

/** The operations that may take over their connection, and into what. */
const upgrades: ReadonlyMap<string, string> = new Map([
  ["POST /containers/{id}/attach", "tcp"],
  ["POST /exec/{id}/start", "tcp"],
  ["GET /containers/{id}/attach/ws", "websocket"],
]);

/** Refuses an upgrade that this operation does not have: past one, nobody would look at what is sent. */
export function permitUpgrade({ request, asked }: Exchange): Refusal | undefined {
  const { method, path } = asked.operation;
  const protocol = upgrades.get(`${method} ${path}`);
  const isPlain = request.headers["transfer-encoding"] === undefined;
  if (protocol === undefined || request.headers.upgrade?.toLowerCase() !== protocol)
    return refuse(400, "this operation does not upgrade the connection");
  return isPlain ? undefined : refuse(400, "a request that upgrades must tell its body's length");
}

/**
 * Carries out an upgrade. The client's bytes go to the engine only after the engine has agreed: one that
 * declines would read them as further requests, which nobody has judged.
 */
export async function hijack(
  exchange: Exchange,
  parts: Parts,
  client: TLSSocket,
  head: Uint8Array,
): Promise<void> {
  const { request, asked, signal } = exchange;
  const sent = await readExactly(client, head, Number(request.headers["content-length"] ?? 0));
  const body = canonical(exchange, sent);
  const outcome = await parts.engine.upgrade(
    {
      method: asked.operation.method,
      target: formatTarget(asked),
      headers: {
        ...headersToEngine(request.headers),
        ...(asked.operation.method === "POST" ? { "content-length": String(body.length) } : {}),
        connection: "Upgrade",
        upgrade: request.headers.upgrade ?? "tcp",
      },
      body,
    },
    { signal },
  );
  if (outcome.kind === "answered") await decline(client, outcome.answer);
  else join(client, outcome);
}

/** What the engine reads before the stream begins, written by us. */
function canonical({ request, asked }: Exchange, sent: Uint8Array): Uint8Array {
  if (sent.length === 0) return sent;
  if (asked.operation.body !== "json")
    throw new EngineApiError("engine-api/body-malformed", "this operation has no body");
  return writeEngineBody(readEngineBody("other", request.headers["content-type"], sent));
}

/** Ends a connection with one complete answer, reading no further request from it. */
export function endWith(client: Duplex, refusal: Refusal): void {
  const body = refusalBody(refusal);
  writeHead(client, refusal.status, {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
  });
  endGently(client, body);
}

function endGently(client: Duplex, last?: string): void {
  client.resume(); // what still comes is thrown away, so that the answer is not lost in a reset
  client.end(last);
  setTimeout(() => client.destroy(), lingerMs).unref();
}

async function decline(client: Duplex, answer: EngineAnswer): Promise<void> {
  const { "content-length": _length, ...headers } = headersToClient(answer.headers);
  writeHead(client, answer.status, headers);
  for await (const chunk of answer.body as AsyncIterable<Buffer>) client.write(chunk);
  endGently(client);
}

function join(
  client: TLSSocket,
  { headers, socket, head }: UpgradeAnswer & { kind: "upgraded" },
): void {
  const protocol = headers.upgrade ?? "tcp";
  const reason = protocol === "tcp" ? "UPGRADED" : "Switching Protocols";
  client.write(`HTTP/1.1 101 ${reason}\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n`);
  client.write(`${formatHeaders(headersToClient(headers))}\r\n`);
  if (head.length > 0) client.write(head);
  client.setNoDelay(true);
  client.setTimeout(0);
  // `pipe` passes an end on as a half-close: standard input may end long before the output does.
  client.pipe(socket);
  socket.pipe(client);
  const cut = (): void => {
    client.destroy();
    socket.destroy();
  };
  client.on("error", cut);
  socket.on("error", cut);
  client.once("close", () => socket.destroy());
  socket.once("close", () => client.destroySoon());
}

function writeHead(
  client: Duplex,
  status: number,
  headers: Readonly<Record<string, string | string[]>>,
): void {
  client.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\nConnection: close\r\n`);
  client.write(`${formatHeaders(headers)}\r\n`);
}

function formatHeaders(headers: Readonly<Record<string, string | string[]>>): string {
  return Object.entries(headers)
    .flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}\r\n`))
    .join("");
}

/** Takes the body of the request from the connection, and puts back what came after it. */
async function readExactly(client: Duplex, head: Uint8Array, bytes: number): Promise<Uint8Array> {
  if (!(bytes >= 0 && bytes <= maxBodyBytes))
    throw new HttpError("http/body-too-large", `the body is larger than ${maxBodyBytes} bytes`);
  let taken: Uint8Array = head;
  if (taken.length < bytes) {
    const signal = AbortSignal.timeout(bodyMs);
    for await (const chunk of chunksOf(client, signal)) {
      taken = Buffer.concat([taken, chunk]);
      if (taken.length >= bytes) break;
    }
  }
  if (taken.length < bytes)
    throw new EngineApiError("engine-api/body-malformed", "the body ended early");
  if (taken.length > bytes) client.unshift(taken.subarray(bytes));
  return taken.subarray(0, bytes);
}

async function* chunksOf(client: Duplex, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (;;) {
    const chunk = client.read() as Buffer | null;
    if (chunk !== null) yield chunk;
    else if (client.readableEnded || client.destroyed) return;
    else
      await new Promise<void>((resolve, reject) => {
        const stop = (): void => reject(signal.reason as Error);
        const go = (): void => {
          signal.removeEventListener("abort", stop);
          for (const name of ["readable", "end", "close"]) client.off(name, go);
          resolve();
        };
        signal.addEventListener("abort", stop, { once: true });
        for (const name of ["readable", "end", "close"]) client.once(name, go);
      });
  }
}
