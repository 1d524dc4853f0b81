import type { TLSSocket } from "node:tls";
import type { Written } from "./framing.ts";

const patienceMs = 4_000;
const quietMs = 150;

/** A connection that is opened anew whenever the gateway, or what was sent, ended the last one. */
export type Connection = {
  /** Sends all at once, in a row, and gives the statuses of the answers. */
  send(requests: readonly Written[]): Promise<readonly number[]>;
  close(): void;
};

export function createConnection(connect: () => Promise<TLSSocket>): Connection {
  let socket: TLSSocket | undefined;
  const drop = (): void => {
    socket?.destroy();
    socket = undefined;
  };
  return {
    close: drop,
    send: async (requests) => {
      if (socket?.readableEnded === true) drop(); // a refusal in the middle of a body ends the connection
      socket ??= (await connect()).on("error", () => undefined); // a reset is an end like any other
      const open = socket;
      const isLast = requests.some((request) => request.isLast);
      const statuses = await exchange(open, requests, isLast);
      if (isLast || open.destroyed || statuses.length < requests.length) drop();
      return statuses;
    },
  };
}

/** Ends when every request has its answer, when the connection does, or when nothing more comes. */
async function exchange(
  socket: TLSSocket,
  requests: readonly Written[],
  isLast: boolean,
): Promise<readonly number[]> {
  const statuses: number[] = [];
  let rest = "";
  await new Promise<void>((resolve) => {
    let timer = setTimeout(done, patienceMs);
    function done(): void {
      clearTimeout(timer);
      socket.off("data", take).off("close", done).off("end", done).off("error", done);
      resolve();
    }
    function take(chunk: Buffer): void {
      rest += chunk.toString("latin1");
      for (const [head, status] of rest.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
        if (head !== "" && status !== "100") statuses.push(Number(status));
      }
      rest = rest.slice(-12).replace(/HTTP\/1\.1 \d{3} /, "");
      const isAnswered = statuses.length >= requests.length;
      if (isAnswered && !isLast) return done();
      clearTimeout(timer);
      timer = setTimeout(done, isAnswered ? quietMs : patienceMs);
    }
    socket.on("data", take).once("close", done).once("end", done).once("error", done);
    for (const { bytes } of requests) socket.write(bytes);
    if (isLast) {
      clearTimeout(timer);
      timer = setTimeout(done, quietMs * 2);
    }
  });
  return statuses;
}
