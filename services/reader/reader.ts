import { createHash } from "node:crypto";
import type { Clock, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { timestampRole, type TrustReading } from "#domain/tuf";
import { SourceFault, readRepository } from "./read-repository.ts";
import type { MetadataSource, TrustMemory } from "./ports.ts";

export interface Reader {
  /**
   * Reads and verifies the trust data of a repository. A fault of the source is `unavailable`, never
   * `absent`. While nothing changed and nothing expired, the same reading is given again, as one object.
   */
  read(gun: Gun, o: Options): Promise<TrustReading>;
  /** Forgets what was pinned and seen of a repository: its next root is taken as a first one. */
  forget(gun: Gun, o: Options): Promise<void>;
}

export type ReaderParts = {
  readonly source: MetadataSource;
  readonly memory: TrustMemory;
  readonly clock: Clock;
  /** How many repositories' readings are kept; default 10,000. */
  readonly maxCached?: number;
};

type Cached = {
  readonly timestampSha256: string;
  readonly reading: TrustReading & { readonly kind: "verified" };
};

/** A reader of one source of trust data. */
export function createReader(parts: ReaderParts): Reader {
  const cache = new Map<Gun, Cached>();
  const keep = (gun: Gun, entry: Cached): void => {
    cache.delete(gun);
    cache.set(gun, entry);
    for (const oldest of cache.keys()) {
      if (cache.size <= (parts.maxCached ?? 10_000)) break;
      cache.delete(oldest);
    }
  };

  /** The reading kept from before, if it still stands: same timestamp, nothing expired, nothing newer seen by anybody. */
  const warm = async (
    gun: Gun,
    timestamp: Uint8Array,
    o: Options,
  ): Promise<TrustReading | undefined> => {
    const known = cache.get(gun);
    if (known === undefined || parts.clock() > known.reading.freshUntil) return undefined;
    if (known.timestampSha256 !== sha256(timestamp)) return undefined;
    const highest = await parts.memory.highest(gun, timestampRole, o);
    if (highest?.sha256 !== known.timestampSha256) return undefined;
    keep(gun, known);
    return known.reading;
  };

  return {
    async read(gun, o) {
      try {
        const timestamp = await fromSource(parts.source.current(gun, timestampRole, o), o);
        const known = timestamp === undefined ? undefined : await warm(gun, timestamp, o);
        if (known !== undefined) return known;
        const source = guarded(parts.source, o);
        const { reading, timestampSha256 } = await readRepository({ ...parts, source }, gun, o);
        if (reading.kind === "verified") keep(gun, { timestampSha256, reading });
        else cache.delete(gun);
        return reading;
      } catch (error) {
        if (error instanceof SourceFault) return { kind: "unavailable", detail: error.message };
        throw error;
      }
    },
    async forget(gun, o) {
      cache.delete(gun);
      await parts.memory.forget(gun, o);
    },
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A source whose failures are told from all others. */
function guarded(source: MetadataSource, o: Options): MetadataSource {
  return {
    current: (...args) => fromSource(source.current(...args), o),
    byChecksum: (...args) => fromSource(source.byChecksum(...args), o),
    byVersion: (...args) => fromSource(source.byVersion(...args), o),
  };
}

async function fromSource<Value>(answer: Promise<Value>, { signal }: Options): Promise<Value> {
  try {
    return await answer;
  } catch (cause) {
    signal.throwIfAborted(); // the caller gave up: that is no fault of the source
    throw new SourceFault(cause);
  }
}
