import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { mustRun } from "../harness/peers-run.ts";
import type { GatewayRow } from "./gateway-report.ts";
import type { GatewayBench } from "./gateway-world.ts";
import { megabytesOf } from "./report.ts";

/** What streams that stay open cost the server in memory. */
export async function held(bench: GatewayBench, count: number): Promise<readonly GatewayRow[]> {
  const [image = ""] = bench.images;
  const docker = ["-H", `unix://${bench.engine.socketPath}`];
  const run = ["run", "-d", "--network", "none", image, "sleep", "1d"];
  const id = (await mustRun("docker", [...docker, ...run])).trim();
  const upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n";
  const attach = `POST /containers/${id}/attach?stream=1&stdin=0&stdout=1 HTTP/1.1\r\nHost: d\r\n${upgrade}\r\n`;
  const events = "GET /events HTTP/1.1\r\nHost: d\r\n\r\n";
  const rows: GatewayRow[] = [];
  for (const [what, head, status] of [
    ["attach", attach, "101"],
    ["events", events, "200"],
  ] as const) {
    await cut(await open(bench, { head, status, count: 20 })); // the first ones load code
    const before = megabytesOf(bench.pids());
    const sockets = await open(bench, { head, status, count });
    const after = megabytesOf(bench.pids());
    await cut(sockets);
    const ours = ((after - before) * 1_024) / count;
    rows.push({ what: `each of ${count} held ${what} streams`, unit: "kB", ours });
  }
  return rows;
}

async function open(
  bench: GatewayBench,
  { head, status, count }: { head: string; status: string; count: number },
): Promise<readonly TLSSocket[]> {
  const { port } = new URL(bench.server.gateway.replace("tcp:", "https:"));
  const place = { host: "127.0.0.1", servername: "localhost", port: Number(port) };
  const sockets: TLSSocket[] = [];
  for (let made = 0; made < count; made += 1) {
    const socket = connect({ ...place, ...bench.credentials });
    socket.on("error", () => undefined); // it is cut at the end
    sockets.push(socket);
    await once(socket, "secureConnect");
    socket.write(head);
    const [first] = (await once(socket, "data")) as [Buffer];
    if (!first.toString().startsWith(`HTTP/1.1 ${status}`))
      throw new Error(`a stream was answered ${first.toString().slice(0, 200)}`);
  }
  return sockets;
}

async function cut(sockets: readonly TLSSocket[]): Promise<void> {
  await Promise.all(
    sockets.map(async (socket) => {
      const closed = once(socket, "close");
      socket.destroy();
      await closed;
    }),
  );
}
