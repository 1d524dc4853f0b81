import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { openDistance } from "./distance.ts";

test("everything arrives whole, in its order, and no sooner than the distance allows", async () => {
  const server = createServer((socket) => void socket.pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await using distance = await openDistance();
    distance.target = (server.address() as AddressInfo).port;
    distance.oneWayMs = 10;
    const started = performance.now();
    const client = connect(distance.port, "127.0.0.1");
    const said = Array.from({ length: 2_000 }, (_, number) => `line ${number}\n`);
    for (const line of said) client.write(line);
    client.end();
    expect(await text(client)).toBe(said.join(""));
    // The handshake there and back, then the data there and back.
    expect(performance.now() - started).toBeGreaterThanOrEqual(39);
  } finally {
    server.close();
  }
});
