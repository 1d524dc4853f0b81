/**
 * What Node's own HTTPS server does with the same answers and nothing behind it: the most that any program on it
 * can. Its parent sends `Begin`; it says "ready", and answers `/700` with 700 bytes under the headers of a file.
 */
import cluster from "node:cluster";
import { createServer } from "node:https";
import type { TlsIdentity } from "#faces/http";

export type Begin = {
  readonly tls: TlsIdentity;
  readonly port: number;
  /** As many as the server that it is compared with. */
  readonly processes: number;
};

process.on("disconnect", () => process.exit());
process.once("message", (message: Begin) => {
  if (cluster.isPrimary && message.processes > 1) void beginWorkers(message);
  else serve(message, () => process.send?.("ready"));
});

async function beginWorkers(begin: Begin): Promise<void> {
  const workers = Array.from({ length: begin.processes }, () => cluster.fork());
  await Promise.all(
    workers.map(async (worker) => {
      const ready = new Promise((resolve) => worker.once("message", resolve));
      worker.send(begin);
      await ready;
    }),
  );
  process.send?.("ready");
}

function serve({ tls, port }: Begin, then: () => void): void {
  const bodies = new Map<string, Buffer>();
  const date = new Date().toUTCString();
  const identity = { cert: tls.certificate, key: tls.key, minVersion: "TLSv1.2" } as const;
  createServer(identity, (request, response) => {
    const path = request.url ?? "/";
    const body = bodies.get(path) ?? Buffer.alloc(Number(path.slice(1)), "x");
    bodies.set(path, body);
    response.writeHead(200, {
      "content-type": "application/json; charset=utf-8",
      "content-length": String(body.length),
      "last-modified": date,
      "cache-control": "max-age=0, no-cache, no-store",
      pragma: "no-cache",
    });
    response.end(body);
  }).listen(port, "127.0.0.1", then);
}
