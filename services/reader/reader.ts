import type { Clock, Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { timestampRole, type TrustReading, type VerifiedRepository } from "#domain/tuf";
import { keptSource, sha256, sparing } from "./kept-files.ts";
import { SourceFault, readRepository } from "./read-repository.ts";
import type { FileCache, MetadataSource, TrustMemory } from "./ports.ts";

export interface Reader {
  /**
   * Reads and verifies the trust data of a repository. A fault of the source is `unavailable`, never
   * `absent`. While nothing changed and nothing expired, the same reading is given again, as one object.
   * Where the source does not answer, the last good reading may stand in, with `asOf`.
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
  /** Keeps files through restarts; for sources that are far away. */
  readonly cache?: FileCache;
  /** For how long a last good reading may stand in while the source does not answer; default 0, not at all. */
  readonly maxStaleMs?: number;
  /** For how long a reading may wait for its source, all files together; default for ever. */
  readonly maxReadMs?: number;
  /** What a repository is that was verified once and is not there now; default `absent`. */
  readonly vanished?: "absent" | "unavailable";
};

type Cached = {
  readonly timestampSha256: string;
  readonly reading: VerifiedRepository;
  /** When the source last confirmed it. */
  readonly at: Instant;
  /** When that was last noted in the file cache. */
  readonly notedAt: Instant;
};

/** How often a confirmation is noted for after a restart. */
const noteEveryMs = 60_000;

/** A reader of one source of trust data. */
export function createReader(parts: ReaderParts): Reader {
  const { clock, memory, cache: files, maxStaleMs = 0 } = parts;
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
  const warm = async (gun: Gun, timestamp: Uint8Array, o: Options): Promise<Cached | undefined> => {
    const known = cache.get(gun);
    if (known === undefined || clock() > known.reading.freshUntil) return undefined;
    if (known.timestampSha256 !== sha256(timestamp)) return undefined;
    const highest = await memory.highest(gun, timestampRole, o);
    return highest?.sha256 === known.timestampSha256 ? known : undefined;
  };

  const confirm = async (gun: Gun, known: Cached, o: Options): Promise<void> => {
    const at = clock();
    const isNoted = files === undefined || at - known.notedAt < noteEveryMs;
    if (!isNoted) await files.touch(gun, at, o);
    keep(gun, { ...known, at, notedAt: isNoted ? known.notedAt : at });
  };

  const anew = async (gun: Gun, source: MetadataSource, o: Options): Promise<TrustReading> => {
    const saving = files === undefined ? undefined : sparing(source, files);
    const at = clock();
    const from = { ...parts, source: saving?.source ?? source };
    const { reading, timestampSha256 } = await readRepository(from, gun, o);
    if (reading.kind !== "verified") {
      cache.delete(gun);
      return reading;
    }
    const { timestamp, files: given } = saving?.recorded ?? {};
    if (timestamp !== undefined && given !== undefined)
      await files?.keep(gun, { timestamp, files: given, at }, o);
    keep(gun, { timestampSha256, reading, at, notedAt: at });
    return reading;
  };

  const lastGood = async (gun: Gun, o: Options): Promise<TrustReading | undefined> => {
    if (maxStaleMs <= 0) return undefined;
    const isRecent = (at: Instant): boolean => at <= clock() && clock() - at <= maxStaleMs;
    const known = cache.get(gun);
    if (known !== undefined && isRecent(known.at) && clock() <= known.reading.freshUntil) {
      const highest = await memory.highest(gun, timestampRole, o);
      if (highest?.sha256 === known.timestampSha256) return { ...known.reading, asOf: known.at };
    }
    const good = await files?.lastGood(gun, o);
    if (files === undefined || good === undefined || !isRecent(good.at)) return undefined;
    const { root } = await memory.recall(gun, o);
    const source = keptSource(files, good, root);
    const { reading, timestampSha256 } = await readRepository({ ...parts, source }, gun, o);
    if (reading.kind !== "verified") return undefined;
    keep(gun, { timestampSha256, reading, at: good.at, notedAt: good.at });
    return { ...reading, asOf: good.at };
  };

  return {
    async read(gun, o) {
      try {
        const source = guarded(parts.source, o, parts.maxReadMs);
        const timestamp = await source.current(gun, timestampRole, o);
        const known = timestamp === undefined ? undefined : await warm(gun, timestamp, o);
        if (known === undefined) return await anew(gun, source, o);
        await confirm(gun, known, o);
        return known.reading;
      } catch (error) {
        if (!(error instanceof SourceFault)) throw error;
        return (await lastGood(gun, o)) ?? { kind: "unavailable", detail: error.message };
      }
    },
    async forget(gun, o) {
      cache.delete(gun);
      await files?.forget(gun, o);
      await memory.forget(gun, o);
    },
  };
}

/** A source whose failures are told from all others, and that is given up after a while. */
function guarded(source: MetadataSource, o: Options, maxMs: number | undefined): MetadataSource {
  const late = maxMs === undefined ? undefined : AbortSignal.timeout(maxMs);
  const within = <Given extends Options>(given: Given): Given =>
    late === undefined ? given : { ...given, signal: AbortSignal.any([given.signal, late]) };
  return {
    current: (gun, role, given) => fromSource(source.current(gun, role, within(given)), o),
    byChecksum: (gun, role, name, given) =>
      fromSource(source.byChecksum(gun, role, name, within(given)), o),
    byVersion: (gun, role, version, given) =>
      fromSource(source.byVersion(gun, role, version, within(given)), o),
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
