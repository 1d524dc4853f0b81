import { createServer } from "node:net";

/** Two ports that were free a moment ago, held at the same time so that they differ. */
export async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()] as const;
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    ports.push(typeof address === "object" && address !== null ? address.port : 0);
  }
  for (const server of servers) await new Promise((done) => server.close(done));
  const [first = 0, second = 0] = ports;
  return [first, second];
}
