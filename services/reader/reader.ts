import type { Clock, Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  timestampRole,
  type OpenRepository,
  type TrustReading,
  type VerifiedRepository,
} from "#domain/tuf";
import { askAhead, type Asked } from "./ask-ahead.ts";
import { sha256, sparing } from "./kept-files.ts";
import { guarded } from "./guarded.ts";
import { isDamaged, readKept, standing } from "./kept-reading.ts";
import { readRepository } from "./read-repository.ts";
import type { AcceptFirst, FileCache, MetadataSource, TrustMemory } from "./ports.ts";
import { SourceFault } from "./source-fault.ts";

export interface Reader {
  /**
   * Reads and verifies the trust data of a repository. A fault of the source is `unavailable`, never
   * `absent`. While nothing changed and nothing expired, the same reading is given again, as one object.
   * Where the source does not answer, the last good reading may stand in, with `asOf`.
   */
  read(gun: Gun, o: Options): Promise<TrustReading>;
  /** As `read`, but always read anew, and with the files behind a verified reading: for who writes the next ones. */
  open(gun: Gun, o: Options): Promise<Opening>;
  /** Forgets what was pinned and seen of a repository: its next root is taken as a first one. */
  forget(gun: Gun, o: Options): Promise<void>;
}

export type Opening = {
  readonly reading: TrustReading;
  /** The files of a reading that is `verified`, or was when it expired: those are only good to be signed again. */
  readonly open?: OpenRepository;
};

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
  /** What a first root must be; default any that is made out for the repository. */
  readonly acceptFirst?: AcceptFirst;
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
  const warm = async (
    gun: Gun,
    source: MetadataSource,
    o: Options,
  ): Promise<Cached | undefined> => {
    const known = cache.get(gun);
    if (known === undefined || clock() > known.reading.freshUntil) return undefined;
    const timestamp = await source.current(gun, timestampRole, o);
    if (timestamp === undefined || known.timestampSha256 !== sha256(timestamp)) return undefined;
    const highest = await memory.highest(gun, timestampRole, o);
    return highest?.sha256 === known.timestampSha256 ? known : undefined;
  };

  const confirm = async (gun: Gun, known: Cached, o: Options): Promise<void> => {
    const at = clock();
    const isNoted = files === undefined || at - known.notedAt < noteEveryMs;
    if (!isNoted) await files.touch(gun, at, o);
    keep(gun, { ...known, at, notedAt: isNoted ? known.notedAt : at });
  };

  const unchanged = async (gun: Gun, asked: Asked, o: Options): Promise<Opening | undefined> => {
    const good = cache.has(gun) ? undefined : await files?.lastGood(gun, o);
    if (files === undefined || good === undefined) return undefined;
    const read = await standing({ ...parts, files }, gun, { good, asked }, o);
    if (read === undefined) return undefined;
    asked.drop();
    const { reading, timestampSha256 } = read;
    await confirm(gun, { reading, timestampSha256, at: good.at, notedAt: good.at }, o);
    return read;
  };

  const anew = async (gun: Gun, from: MetadataSource, o: Options): Promise<Opening> => {
    const asked = files === undefined ? undefined : askAhead(from, gun, o);
    return (
      (asked && (await unchanged(gun, asked, o))) ??
      (await everything(gun, asked?.source ?? from, o))
    );
  };

  const everything = async (gun: Gun, source: MetadataSource, o: Options): Promise<Opening> => {
    const saving = files === undefined ? undefined : sparing(source, files);
    const at = clock();
    const from = { ...parts, source: saving?.source ?? source };
    const read = await readRepository(from, gun, o);
    const { reading, timestampSha256 } = read;
    if (reading.kind !== "verified") {
      cache.delete(gun);
      return read;
    }
    const { timestamp, files: given } = saving?.recorded ?? {};
    if (timestamp !== undefined && given !== undefined)
      await files?.keep(gun, { timestamp, files: given, at }, o);
    // A role that does not verify may be a file that arrived broken: it is looked at anew until it does.
    if (isDamaged(reading)) cache.delete(gun);
    else keep(gun, { timestampSha256, reading, at, notedAt: at });
    return read;
  };

  const isRecent = (at: Instant): boolean =>
    maxStaleMs > 0 && at <= clock() && clock() - at <= maxStaleMs;

  const confirmed = async (gun: Gun, o: Options): Promise<TrustReading | undefined> => {
    const known = cache.get(gun);
    if (known !== undefined && isRecent(known.at) && clock() <= known.reading.freshUntil) {
      const highest = await memory.highest(gun, timestampRole, o);
      if (highest?.sha256 === known.timestampSha256) return { ...known.reading, asOf: known.at };
    }
    return undefined;
  };

  const lastGood = async (gun: Gun, o: Options): Promise<Opening | undefined> => {
    const good = maxStaleMs > 0 ? await files?.lastGood(gun, o) : undefined;
    if (files === undefined || good === undefined || !isRecent(good.at)) return undefined;
    const read = await readKept({ ...parts, files }, gun, good, o);
    const { reading, timestampSha256 } = read;
    if (reading.kind !== "verified") return undefined;
    keep(gun, { timestampSha256, reading, at: good.at, notedAt: good.at });
    return { ...read, reading: { ...reading, asOf: good.at } };
  };

  const unavailable = (error: unknown): TrustReading => {
    if (!(error instanceof SourceFault)) throw error;
    return { kind: "unavailable", detail: error.message };
  };

  return {
    async read(gun, o) {
      try {
        const source = guarded(parts.source, o, parts.maxReadMs);
        const known = await warm(gun, source, o);
        if (known === undefined) return (await anew(gun, source, o)).reading;
        await confirm(gun, known, o);
        return known.reading;
      } catch (error) {
        const fault = unavailable(error);
        return (await confirmed(gun, o)) ?? (await lastGood(gun, o))?.reading ?? fault;
      }
    },
    async open(gun, o) {
      try {
        return await anew(gun, guarded(parts.source, o, parts.maxReadMs), o);
      } catch (error) {
        const reading = unavailable(error);
        return (await lastGood(gun, o)) ?? { reading };
      }
    },
    async forget(gun, o) {
      cache.delete(gun);
      await files?.forget(gun, o);
      await memory.forget(gun, o);
    },
  };
}
