import { createServer, type IncomingMessage, type Server } from "node:http";
import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "pino";
import { authorize } from "./authorize.ts";
import { readAuthzCall } from "./authz-call.ts";
import { refuseContainer } from "./admit-container.ts";
import type { EnginePluginParts } from "./ports.ts";

export type EnginePluginOptions = EnginePluginParts & {
  /** Where the engine looks for the plugin: `/run/docker/plugins/<name>.sock`. */
  readonly pluginSocket: string;
  /** Where the guard asks. */
  readonly guardSocket: string;
  readonly log: Logger;
  /** An answer after this time is no. The engine itself would wait for ever. */
  readonly answerMs?: number;
};

type Reply = { readonly status: number; readonly body: string };
type Answer = (path: string, body: string, signal: AbortSignal) => Promise<Reply>;

// The engine shows bodies of up to 4 MiB, written as base64 in JSON.
const maxBytes = 8 * 1_048_576;
const pluginType = "application/vnd.docker.plugins.v1.2+json";

/** Answers the engine and the guard, each on a socket of its own. After `close` nobody does, and nothing starts. */
export async function listenOnNode(
  options: EnginePluginOptions,
): Promise<{ readonly close: () => Promise<void> }> {
  const plugin = await listen(options.pluginSocket, options, pluginAnswer(options));
  const guard = await listen(options.guardSocket, options, guardAnswer(options));
  return {
    async close() {
      await Promise.all([plugin, guard].map(close));
    },
  };
}

/** https://docs.docker.com/engine/extend/plugins_authorization/ */
function pluginAnswer(options: EnginePluginOptions): Answer {
  return async (path, body, signal) => {
    const json = (value: unknown): Reply => ({ status: 200, body: JSON.stringify(value) });
    if (path === "/Plugin.Activate") return json({ Implements: ["authz"] });
    if (path === "/AuthZPlugin.AuthZRes") return json({ Allow: true });
    if (path !== "/AuthZPlugin.AuthZReq") return { status: 404, body: "{}" };
    const call = readAuthzCall(body);
    if (call === undefined) return json({ Allow: false, Msg: "this request cannot be read" });
    const refusal = await within(options, signal, (limited) =>
      authorize(call, options, { signal: limited }),
    );
    if (refusal === undefined) return json({ Allow: true });
    options.log.info(
      { event: "engine-plugin.refused", method: call.method, status: refusal.status },
      refusal.message,
    );
    return json({ Allow: false, Msg: refusal.message });
  };
}

/** The guard sends the ID of a container, and gets 200, or a line for the runtime's log. */
function guardAnswer(options: EnginePluginOptions): Answer {
  return async (path, body, signal) => {
    if (path !== "/admit") return { status: 404, body: "" };
    const message = await within(options, signal, (limited) =>
      refuseContainer(body.trim(), options, { signal: limited }),
    );
    if (message === undefined) return { status: 200, body: "" };
    options.log.info({ event: "runtime-guard.refused", container: body.slice(0, 64) }, message);
    const msg = message.replaceAll(/\s*\n\s*/g, "; ");
    return { status: 403, body: `${JSON.stringify({ level: "error", msg })}\n` };
  };
}

async function within<Value>(
  { answerMs = 20_000 }: EnginePluginOptions,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  return await work(AbortSignal.any([signal, AbortSignal.timeout(answerMs)]));
}

async function listen(path: string, options: EnginePluginOptions, answer: Answer): Promise<Server> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const server = createServer((request, response) => {
    const gone = new AbortController();
    response.once("close", () => gone.abort(new Error("the asker went away")));
    void reply(request, options, answer, gone.signal).then(({ status, body }) => {
      response.writeHead(status, {
        "content-type": pluginType,
        "content-length": String(Buffer.byteLength(body)),
      });
      response.end(body);
    });
  });
  server.keepAliveTimeout = 0;
  // Whoever finds the socket finds somebody who answers, also while a new process takes over.
  const aside = `${path}.${process.pid}`;
  await rm(aside, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(aside, resolve);
  });
  await chmod(aside, 0o600);
  await rename(aside, path);
  return server;
}

/** A fault is a refusal in the shape that the asker reads; it is in our log. */
async function reply(
  request: IncomingMessage,
  { log }: EnginePluginOptions,
  answer: Answer,
  signal: AbortSignal,
): Promise<Reply> {
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new RangeError("the engine sends more than it can show");
      chunks.push(chunk);
    }
    return await answer(request.url ?? "", Buffer.concat(chunks).toString("utf8"), signal);
  } catch (error) {
    if (!signal.aborted) log.error({ event: "engine-plugin.failed", err: error }, "not judged");
    const words = "this could not be judged just now, so it is refused; see the log of this node";
    const body = { Allow: false, Msg: words, level: "error", msg: words };
    return { status: request.url === "/admit" ? 500 : 200, body: `${JSON.stringify(body)}\n` };
  }
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
