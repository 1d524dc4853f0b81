import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";

/** A relay in front of a server, as far away as it is told to be. */
export type Distance = AsyncDisposable & {
  readonly port: number;
  /** Where it relays to; to be set before the first connection. */
  target: number;
  /** How long a packet takes in each direction, for connections that begin from now on. */
  oneWayMs: number;
};

/**
 * Listens on a free port of loopback. Each piece of data arrives `oneWayMs` later, in its order; what a client says
 * first waits for the handshake of TCP too, one journey there and one back. Bandwidth is not limited.
 */
export async function openDistance(): Promise<Distance> {
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const wait = distance.oneWayMs;
    const far = connect({
      port: distance.target,
      host: "127.0.0.1",
      noDelay: true,
      allowHalfOpen: true,
    });
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("close", () => open.delete(socket));
    }
    carry(near, far, wait, performance.now() + 2 * wait);
    carry(far, near, wait, 0);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const distance: Distance = {
    port: (server.address() as AddressInfo).port,
    target: 0,
    oneWayMs: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return distance;
}

/** Carries what `from` says to `to`, `wait` ms later and nothing before the instant `earliest`, in its order. */
function carry(from: Socket, to: Socket, wait: number, earliest: number): void {
  const underWay: { readonly due: number; readonly deliver: () => void }[] = [];
  const deliver = (): void => {
    for (let next = underWay[0]; next !== undefined; next = underWay[0]) {
      const left = next.due - performance.now();
      if (left > 0) return void setTimeout(deliver, left);
      underWay.shift();
      next.deliver();
    }
  };
  const send = (arrive: () => void): void => {
    underWay.push({ due: Math.max(performance.now(), earliest) + wait, deliver: arrive });
    if (underWay.length === 1) deliver();
  };
  from.on("data", (chunk: Buffer) => send(() => void to.write(chunk)));
  from.on("end", () => send(() => void to.end()));
  from.on("error", () => to.destroy());
}
