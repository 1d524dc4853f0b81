import { Agent, request as httpRequest, type RequestOptions } from "node:http";
import { Agent as SecureAgent, request as httpsRequest } from "node:https";
import type { GatewayBench } from "./gateway-world.ts";
import { quantile, type GatewayRow } from "./gateway-report.ts";

export type Called = { readonly status: number; readonly body: Buffer; readonly ms: number };
/** One way to the engine: its own socket, or the gateway. */
export type Way = {
  call(method: string, path: string, body?: object): Promise<Called>;
  close(): void;
};

/** Both ways, over connections that are kept, at most `connections` of each. */
export function bothWays(
  bench: GatewayBench,
  connections = 1,
): { readonly direct: Way; readonly ours: Way } {
  const kept = { keepAlive: true, maxSockets: connections };
  const direct = { socketPath: bench.engine.socketPath, agent: new Agent(kept) };
  const { port } = new URL(bench.server.gateway.replace("tcp:", "https:"));
  const agent = new SecureAgent({ ...kept, ...bench.credentials, servername: "localhost" });
  const ours = { host: "127.0.0.1", port: Number(port), agent };
  return { direct: way(httpRequest, direct), ours: way(httpsRequest, ours) };
}

function way(
  request: typeof httpRequest | typeof httpsRequest,
  place: RequestOptions & { readonly agent: Agent },
): Way {
  return {
    call: (method, path, body) =>
      new Promise((resolve, reject) => {
        const started = performance.now();
        const text = body === undefined ? undefined : JSON.stringify(body);
        const sent = text === undefined ? {} : { "content-type": "application/json" };
        const asked = request({ ...place, method, path, headers: sent }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.once("error", reject);
          answer.once("end", () =>
            resolve({
              status: answer.statusCode ?? 0,
              body: Buffer.concat(chunks),
              ms: performance.now() - started,
            }),
          );
        });
        asked.once("error", reject);
        asked.end(text);
      }),
    close: () => place.agent.destroy(),
  };
}

/** Calls both ways in turns, so that whatever else the machine does meets both; times in milliseconds. */
export async function timed(
  call: (side: "direct" | "ours") => Promise<number>,
  times: number,
): Promise<{ readonly direct: readonly number[]; readonly ours: readonly number[] }> {
  const took = { direct: [] as number[], ours: [] as number[] };
  for (let count = 0; count < times; count += 1)
    for (const side of ["direct", "ours"] as const) took[side].push(await call(side));
  return took;
}

export function latencyRows(
  what: string,
  took: { readonly direct: readonly number[]; readonly ours: readonly number[] },
): readonly GatewayRow[] {
  return (
    [
      ["p50", 0.5],
      ["p99", 0.99],
    ] as const
  ).map(([name, share]) => ({
    what: `${what}, ${name}`,
    unit: "ms",
    direct: quantile(took.direct, share),
    ours: quantile(took.ours, share),
    compare: "added",
  }));
}

export async function expectStatus(calling: Promise<Called>, status: number): Promise<Called> {
  const called = await calling;
  if (called.status !== status)
    throw new Error(`answered ${called.status}: ${called.body.toString().slice(0, 400)}`);
  return called;
}

/** Creates a container, never started, and gives the time it took; it is removed again beside the gateway. */
export async function create(by: Way, remover: Way, image: string): Promise<number> {
  const body = { Image: image, HostConfig: { NetworkMode: "none" } };
  const made = await expectStatus(by.call("POST", "/containers/create", body), 201);
  const { Id: id } = JSON.parse(made.body.toString()) as { Id: string };
  await expectStatus(remover.call("DELETE", `/containers/${id}`), 204);
  return made.ms;
}
