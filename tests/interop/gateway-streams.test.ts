import { spawnSync } from "node:child_process";
import { once, type EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createEngine, type Engine } from "#adapters/docker";
import { parseDigest } from "#domain/oci";
import { createGateway, type Gateway } from "#faces/gateway";
import {
  makeAuthority,
  type TestAuthority,
  type TestClient,
} from "../harness/engine-certificates.ts";
import { caller, tableCallers, tableJudge, type TableJudge } from "../harness/engine-judge.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0 || process.env["CI"] === "true";
if (!hasOpenssl) console.warn("gateway stream tests skipped: openssl is not installed");

/** Waits for the close of what may well break. */
async function closeOf(stream: EventEmitter): Promise<void> {
  stream.on("error", () => undefined); // that is what we wait for
  await new Promise<void>((resolve) => void stream.once("close", resolve));
}

type Seen = { readonly request: IncomingMessage; readonly response: ServerResponse };

/** What an engine does that no real one does on demand: stop in the middle, wait, decline. */
describe.skipIf(!hasOpenssl)("streams between a client and an engine", () => {
  let folder = "";
  let authority: TestAuthority;
  let client: TestClient;
  let engine: Engine;
  let gateway: Gateway;
  let judge: TableJudge;
  let stub: Server;
  let port = 0;
  let answer: (seen: Seen) => void = () => undefined;
  let upgrade: (request: IncomingMessage, socket: Duplex) => void = () => undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "cs-streams-"));
    authority = await makeAuthority();
    client = await authority.client("dev");
    stub = createServer((request, response) => answer({ request, response }));
    stub.on("upgrade", (request, socket) => upgrade(request, socket));
    const socketPath = join(folder, "engine.sock");
    stub.listen(socketPath);
    await once(stub, "listening");
    engine = createEngine({ socketPath });
    judge = tableJudge();
    const callers = tableCallers();
    callers.known.set(client.fingerprint, caller("dev", "full-control"));
    gateway = createGateway({
      engine,
      judge,
      callers,
      buildPolicy: async () => "allow",
      tls: { ...authority.server, clientCa: authority.caPem },
      log: pino({ level: "silent" }),
      drainSeconds: 1,
    });
    ({ port } = await gateway.listen("127.0.0.1", 0));
  });
  afterAll(async () => {
    await gateway?.close();
    engine?.close();
    stub?.closeAllConnections();
    stub?.close();
    await authority?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const identity = (): { ca: string; cert: string; key: string } => {
    const { ca, cert, key } = client;
    return { ca, cert, key };
  };
  const begin = (method: string, path: string): ReturnType<typeof httpsRequest> =>
    httpsRequest({ host: "127.0.0.1", port, method, path, ...identity(), agent: false });
  const next = (): Promise<Seen> => new Promise((resolve) => (answer = resolve));
  const open = async (): Promise<TLSSocket> => {
    const socket = connect({ host: "127.0.0.1", port, ...identity() });
    await once(socket, "secureConnect");
    return socket;
  };

  test("headers arrive before the body does", async () => {
    const seen = next();
    const asked = begin("POST", "/containers/x/wait").end();
    const { response } = await seen;
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const [early] = (await once(asked, "response")) as [IncomingMessage];
    expect(early.statusCode).toBe(200);
    response.end(`{"StatusCode":0}`);
    const [body] = (await once(early, "data")) as [Buffer];
    expect(body.toString()).toBe(`{"StatusCode":0}`);
  });

  test("a client that goes away ends the engine's work", async () => {
    const seen = next();
    const asked = begin("GET", "/events").end();
    const { response } = await seen;
    response.writeHead(200);
    response.flushHeaders();
    await once(asked, "response");
    const closed = once(response, "close");
    asked.on("error", () => undefined); // we break it off ourselves
    asked.destroy();
    await closed;
    expect(response.writableFinished).toBe(false);
  });

  test("a client that goes away while the engine thinks ends it too", async () => {
    const seen = next();
    const asked = begin("POST", "/containers/x/wait").end();
    const { response } = await seen;
    const closed = once(response, "close");
    asked.on("error", () => undefined); // we break it off ourselves
    asked.destroy();
    await closed;
    expect(response.headersSent).toBe(false);
  });

  test("an answer that breaks off is not made to look whole", async () => {
    const seen = next();
    const asked = begin("GET", "/images/x/get").end();
    const { response } = await seen;
    response.writeHead(200);
    response.write("half");
    const [begun] = (await once(asked, "response")) as [IncomingMessage];
    await once(begun, "data");
    response.destroy();
    await expect(once(begun, "end")).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("a slow reader holds the engine back instead of filling memory", async () => {
    const seen = next();
    const asked = begin("GET", "/images/x/get").end();
    const { response } = await seen;
    const chunk = Buffer.alloc(1_048_576);
    let sent = 0;
    response.writeHead(200);
    while (sent < 256 && response.write(chunk)) sent += 1;
    const [begun] = (await once(asked, "response")) as [IncomingMessage];
    // The engine is told to wait long before the whole archive is on its way.
    expect(sent).toBeLessThan(256);
    begun.resume();
    await once(response, "drain");
    response.end();
    await once(begun, "end");
  });

  test("an upload streams, and one that breaks off is broken off at the engine", async () => {
    const seen = next();
    const asked = begin("POST", "/images/load");
    asked.on("error", () => undefined); // we break it off ourselves
    asked.setHeader("content-type", "application/x-tar");
    asked.write("first");
    const { request } = await seen;
    const [first] = (await once(request, "data")) as [Buffer];
    expect(first.toString()).toBe("first");
    const aborted = closeOf(request);
    asked.destroy();
    await aborted;
    expect(request.complete).toBe(false);
  });

  test("a pull that fails halfway is not tagged", async () => {
    const digest = parseDigest(`sha256:${"a".repeat(64)}`);
    judge.signed.set("127.0.0.1:1/acme/web:1", digest);
    const asked: string[] = [];
    answer = ({ request, response }) => {
      asked.push(`${request.method} ${request.url}`);
      response.end(
        `{"status":"Pulling"}\r\n{"errorDetail":{"message":"no space"},"error":"no space"}\r\n`,
      );
    };
    const pull = begin("POST", "/images/create?fromImage=127.0.0.1:1/acme/web&tag=1").end();
    const [begun] = (await once(pull, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    begun.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(begun, "end");
    expect(Buffer.concat(chunks).toString()).toContain("no space");
    expect(asked).toEqual([
      `POST /images/create?fromImage=127.0.0.1%3A1%2Facme%2Fweb&tag=${encodeURIComponent(digest)}`,
    ]);
  });

  test("the end of input is passed on while output goes on", async () => {
    upgrade = (_request, socket) => {
      socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello ");
      const chunks: Buffer[] = [];
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      socket.on("end", () => socket.end(`got ${Buffer.concat(chunks).length}`));
    };
    const half = { allowHalfOpen: true }; // Node's types do not know that TLS takes it too
    const socket = connect({ ...half, host: "127.0.0.1", port, ...identity() });
    await once(socket, "secureConnect");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.write(
      "POST /exec/x/start HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n",
    );
    socket.write("Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{");
    socket.write("}input after the body");
    socket.end();
    await once(socket, "close");
    const all = Buffer.concat(chunks).toString();
    expect(all).toMatch(/^HTTP\/1\.1 101 UPGRADED\r\n/);
    expect(all).toMatch(/hello got 20$/);
  });

  test("an engine that ends an attached stream ends the client's", async () => {
    upgrade = (_request, socket) => {
      socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
      socket.destroy();
    };
    const socket = await open();
    const closed = once(socket, "close");
    socket.resume();
    socket.write(
      "POST /containers/x/attach HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
    );
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  test("a resumed TLS session still says who is calling", async () => {
    answer = ({ response }) => response.end("OK");
    const ask = async (
      session?: Buffer,
    ): Promise<{ session: Buffer; all: string; again: boolean }> => {
      const options = { host: "127.0.0.1", port, ...identity(), maxVersion: "TLSv1.2" as const };
      const socket = connect(session === undefined ? options : { ...options, session });
      await once(socket, "secureConnect");
      const chunks: Buffer[] = [];
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      const again = socket.isSessionReused();
      const kept = socket.getSession() ?? Buffer.alloc(0);
      socket.write("GET /_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n");
      await closeOf(socket);
      return { session: kept, all: Buffer.concat(chunks).toString(), again };
    };
    const first = await ask();
    const second = await ask(first.session);
    expect([first.again, second.again]).toEqual([false, true]);
    expect(second.all).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("an engine that is not there is told apart from a refusal", async () => {
    answer = ({ request }) => request.socket.destroy();
    const asked = begin("GET", "/info").end();
    const [begun] = (await once(asked, "response")) as [IncomingMessage];
    expect(begun.statusCode).toBe(502);
  });

  test("an engine's answer of another shape than expected lets nothing through", async () => {
    judge.signed.set("127.0.0.1:1/acme/web:1", parseDigest(`sha256:${"a".repeat(64)}`));
    const asked: string[] = [];
    answer = ({ request, response }) => {
      asked.push(`${request.method} ${request.url}`);
      response.end(`{"Id":5}`);
    };
    const create = begin("POST", "/containers/create");
    create.setHeader("content-type", "application/json");
    create.end(`{"Image":"127.0.0.1:1/acme/web:1"}`);
    const [begun] = (await once(create, "response")) as [IncomingMessage];
    expect(begun.statusCode).toBe(502);
    expect(asked.filter((one) => one.startsWith("POST"))).toEqual([]);
  });

  test("closing cuts what still runs after the drain time", async () => {
    const seen = next();
    const asked = begin("GET", "/events").end();
    asked.on("error", () => undefined); // the gateway cuts it
    const { response } = await seen;
    response.writeHead(200);
    response.flushHeaders();
    const [begun] = (await once(asked, "response")) as [IncomingMessage];
    begun.on("error", () => undefined); // the gateway cuts it
    upgrade = (_request, socket) => {
      socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    };
    const attached = await open();
    attached.write(
      "POST /containers/x/attach HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
    );
    await once(attached, "data");
    const ended = Promise.all([closeOf(begun), closeOf(response), closeOf(attached)]);
    await gateway.close();
    await ended;
    expect([begun.destroyed, response.destroyed]).toEqual([true, true]);
  });
});
