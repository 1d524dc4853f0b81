import type { Clock, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import type { TrustReading } from "#domain/tuf";
import type { MetadataSource, TrustMemory } from "./ports.ts";

export interface Reader {
  /** Reads and verifies the trust data of a repository. A fault of the source is `unavailable`, never `absent`. */
  read(gun: Gun, o: Options): Promise<TrustReading>;
  /** Forgets what was pinned and seen of a repository: its next root is taken as a first one. */
  forget(gun: Gun, o: Options): Promise<void>;
}

export type ReaderParts = {
  readonly source: MetadataSource;
  readonly memory: TrustMemory;
  readonly clock: Clock;
};

/** A reader of one source of trust data. */
export function createReader(parts: ReaderParts): Reader {
  return {
    read: () => Promise.resolve({ kind: "unavailable", detail: "not built yet" }),
    forget: (gun, o) => parts.memory.forget(gun, o),
  };
}
