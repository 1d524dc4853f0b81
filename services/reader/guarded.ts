import type { Options } from "#domain/kernel";
import type { MetadataSource } from "./ports.ts";
import { SourceFault } from "./source-fault.ts";

/** A source whose failures are told from all others, and that is given up after a while. */
export function guarded(
  source: MetadataSource,
  o: Options,
  maxMs: number | undefined,
): MetadataSource {
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
