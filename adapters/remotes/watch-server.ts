import type { TrustServerConnection } from "./trust-server.ts";

export type WatchedServer = {
  readonly server: TrustServerConnection;
  /** The last thing that went wrong between us and the server. */
  readonly lastFault: () => unknown;
};

/** Remembers what went wrong between us and a server, which a reading only calls unavailable. */
export function watchServer(server: TrustServerConnection): WatchedServer {
  let last: unknown;
  const watched = async <Value>(answer: Promise<Value>): Promise<Value> => {
    try {
      return await answer;
    } catch (error) {
      last = error;
      throw error;
    }
  };
  return {
    server: {
      ...server,
      current: (...asked) => watched(server.current(...asked)),
      byChecksum: (...asked) => watched(server.byChecksum(...asked)),
      byVersion: (...asked) => watched(server.byVersion(...asked)),
      publish: (...asked) => watched(server.publish(...asked)),
      key: (...asked) => watched(server.key(...asked)),
      rotateKey: (...asked) => watched(server.rotateKey(...asked)),
      remove: (...asked) => watched(server.remove(...asked)),
    },
    lastFault: () => last,
  };
}

/** Whether an error means that the server was not reached at all. */
export function isUnreachable(fault: unknown): fault is Error {
  return fault instanceof Error && Reflect.get(fault, "code") === "trust-server/unreachable";
}
