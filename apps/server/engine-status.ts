import { CodedError, type Options } from "#domain/kernel";
import type { Engine } from "#adapters/docker";

/** How the engine behind the gateway is. */
export type EngineStatus = {
  readonly state: "ready" | "unreachable" | "none";
  readonly version?: string;
  readonly detail?: string;
};

const waitMs = 3_000;

/** Asks the engine each time: what was true a minute ago is not a status. */
export function engineStatus(parts: {
  readonly engine: Engine | undefined;
}): (o: Options) => Promise<EngineStatus> {
  return async ({ signal }) => {
    if (parts.engine === undefined) return { state: "none" };
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
      const { version } = await parts.engine.version({ signal: limited });
      return { state: "ready", version };
    } catch (error) {
      signal.throwIfAborted();
      const detail = error instanceof CodedError ? error.message : "it does not answer in time";
      return { state: "unreachable", detail };
    }
  };
}
