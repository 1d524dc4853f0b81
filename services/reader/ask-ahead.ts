import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { rootRole, timestampRole } from "#domain/tuf";
import type { MetadataSource } from "./ports.ts";

export type Asked = {
  readonly timestamp: Promise<Uint8Array | undefined>;
  /** Gives the answers that are on the way to whoever asks first, and asks anew after that. */
  readonly source: MetadataSource;
  /** Nobody wants the answers that are still on the way. */
  drop(): void;
};

/** Asks a source for what every reading begins with, so that something can be done until the answers are here. */
export function askAhead(source: MetadataSource, gun: Gun, o: Options): Asked {
  const unwanted = new AbortController();
  const asking = { signal: AbortSignal.any([o.signal, unwanted.signal]) };
  const timestamp = source.current(gun, timestampRole, asking);
  const ahead = new Map([
    [timestampRole, timestamp],
    [rootRole, source.current(gun, rootRole, asking)],
  ]);
  // Who wants one of them is told of its fault; maybe nobody ever does.
  for (const answer of ahead.values()) answer.catch(() => undefined);
  return {
    timestamp,
    drop: () => unwanted.abort(),
    source: {
      current(of, role, given) {
        const answer = of === gun ? ahead.get(role) : undefined;
        ahead.delete(role);
        return answer ?? source.current(of, role, given);
      },
      byChecksum: (...asked) => source.byChecksum(...asked),
      byVersion: (...asked) => source.byVersion(...asked),
    },
  };
}
