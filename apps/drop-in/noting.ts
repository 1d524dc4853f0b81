import type { TrustServerConnection } from "#adapters/remotes";
import type { MetadataSource } from "#services/reader";

export type Noting = {
  readonly source: MetadataSource;
  readonly server: TrustServerConnection;
  /** The last thing that went wrong between us and the server. */
  readonly fault: () => unknown;
};

/** Notes what goes wrong between us and a server, which a reading only calls unavailable. */
export function noting(server: TrustServerConnection): Noting {
  let last: unknown;
  const noted = async <Value>(answer: Promise<Value>): Promise<Value> => {
    try {
      return await answer;
    } catch (error) {
      last = error;
      throw error;
    }
  };
  const watched: TrustServerConnection = {
    ...server,
    current: (...asked) => noted(server.current(...asked)),
    byChecksum: (...asked) => noted(server.byChecksum(...asked)),
    byVersion: (...asked) => noted(server.byVersion(...asked)),
    publish: (...asked) => noted(server.publish(...asked)),
    key: (...asked) => noted(server.key(...asked)),
    rotateKey: (...asked) => noted(server.rotateKey(...asked)),
    remove: (...asked) => noted(server.remove(...asked)),
  };
  return { source: watched, server: watched, fault: () => last };
}

export function isUnreachable(fault: unknown): boolean {
  return fault instanceof Error && Reflect.get(fault, "code") === "trust-server/unreachable";
}
