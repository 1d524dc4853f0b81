import type { Options } from "#domain/kernel";
import { ArchiveError } from "./errors.ts";
import type { ArchiveSource } from "./ports.ts";

export type Patience = {
  /** Whether it is worth asking again after this error: too many requests, a server that is out of order. */
  readonly isPassing: (error: unknown) => boolean;
  readonly pause: (ms: number, o: Options) => Promise<void>;
  /** Before each further try, in milliseconds; as many tries as there are pauses. */
  readonly pausesMs?: readonly number[];
};

const defaultPausesMs = [1_000, 4_000, 15_000, 60_000];

/**
 * Asks again after a pause where a server is busy or out of order for a moment. While one request waits, all
 * others to the same server do too. Throws `archive/source-busy` when it stays so; from then on nothing waits for
 * it until it has answered again.
 */
export function patientSource(source: ArchiveSource, patience: Patience): ArchiveSource {
  const { isPassing, pause, pausesMs = defaultPausesMs } = patience;
  let quiet: Promise<void> = Promise.resolve();
  let isGivenUp = false;
  const answered = <Answer>(answer: Answer): Answer => {
    isGivenUp = false;
    return answer;
  };
  const ask = async <Answer>(request: () => Promise<Answer>, o: Options): Promise<Answer> => {
    for (const pauseMs of pausesMs) {
      await quiet;
      if (isGivenUp) break;
      try {
        return answered(await request());
      } catch (error) {
        o.signal.throwIfAborted();
        if (!isPassing(error)) throw error;
        const waiting = pause(pauseMs, o);
        quiet = waiting.catch(() => undefined); // whoever gave up is told by their own signal
        await waiting;
      }
    }
    try {
      return answered(await request());
    } catch (cause) {
      o.signal.throwIfAborted();
      if (!isPassing(cause)) throw cause;
      isGivenUp = true;
      const tries = pausesMs.length + 1;
      const message = `the server is busy or out of order: it was asked up to ${tries} times`;
      throw new ArchiveError("archive/source-busy", message, { cause });
    }
  };
  return {
    current: (gun, role, o) => ask(() => source.current(gun, role, o), o),
    byChecksum: (gun, role, sha256, o) => ask(() => source.byChecksum(gun, role, sha256, o), o),
    byVersion: (gun, role, version, o) => ask(() => source.byVersion(gun, role, version, o), o),
  };
}
