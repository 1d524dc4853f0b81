import { Agent, errors } from "undici";
import type { Clock, Instant, Options } from "#domain/kernel";
import { RemoteError } from "./errors.ts";

export type RemoteAnswer = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** At most one byte more than was asked for: then it is cut off there. */
  readonly body: Uint8Array;
};

export type Request = {
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes: number;
};

export type Limits = {
  /** For a connection, TLS included. */
  readonly connectMs: number;
  /** For a whole answer, however small; large ones get a second more for each `minBytesPerSecond`. */
  readonly answerMs: number;
  readonly minBytesPerSecond: number;
  readonly connections: number;
  /** For how long a server that did not answer is not asked again: who asks meanwhile need not wait for it. */
  readonly restMs: number;
};

export const defaultLimits: Limits = {
  connectMs: 5_000,
  answerMs: 10_000,
  minBytesPerSecond: 1_048_576,
  connections: 8,
  restMs: 5_000,
};

/** Gets things over HTTPS from servers that the given authorities certify, and no others. Follows no redirect. */
export type HttpsGet = {
  get(request: Request, o: Options): Promise<RemoteAnswer>;
  close(): Promise<void>;
};

/**
 * Throws a `RemoteError` for everything that is not an answer. A connection that the server had closed is
 * tried once more; a server that did not answer is let rest, and what was wrong is said again meanwhile.
 */
export function createHttpsGet(ca: string, limits: Limits, clock: Clock): HttpsGet {
  const resting = new Map<string, { readonly until: Instant; readonly fault: RemoteError }>();
  const agent = new Agent({
    connect: { ca, timeout: limits.connectMs, minVersion: "TLSv1.2" },
    connections: limits.connections,
    maxHeaderSize: 16_384,
    headersTimeout: limits.answerMs,
    bodyTimeout: limits.answerMs,
  });
  const deadline = (maxBytes: number): number =>
    limits.answerMs + Math.ceil((maxBytes / limits.minBytesPerSecond) * 1_000);
  const once = async (request: Request, signal: AbortSignal): Promise<RemoteAnswer> => {
    const { url, headers = {}, maxBytes } = request;
    const answer = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: "GET",
      headers: { accept: "application/json", "user-agent": "countersign", ...headers },
      signal,
    });
    const body = await upTo(maxBytes, answer.body);
    return { status: answer.statusCode, headers: headersOf(answer.headers), body };
  };
  return {
    async get(request, o) {
      const { origin } = request.url;
      const rest = resting.get(origin);
      const restMs = rest === undefined ? 0 : rest.until - clock();
      // A clock that was set back must not make the rest any longer.
      if (rest !== undefined && restMs > 0 && restMs <= limits.restMs) throw rest.fault;
      resting.delete(origin);
      const late = AbortSignal.timeout(deadline(request.maxBytes));
      const signal = AbortSignal.any([o.signal, late]);
      try {
        return await once(request, signal).catch((error: unknown) => {
          if (!wasReset(error)) throw error;
          return once(request, signal);
        });
      } catch (cause) {
        o.signal.throwIfAborted();
        const fault = faultOf(cause, late.aborted);
        if (limits.restMs > 0) resting.set(origin, { until: clock() + limits.restMs, fault });
        throw fault;
      }
    },
    close: () => agent.destroy(),
  };
}

/** Reads until the body ends or one byte too many has come; the rest is not waited for. */
async function upTo(
  maxBytes: number,
  body: AsyncIterable<Buffer> & { destroy(): unknown },
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) break; // leaving the loop ends the connection
  }
  return Buffer.concat(chunks).subarray(0, maxBytes + 1);
}

function headersOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): ReadonlyMap<string, string> {
  const known = Object.entries(headers).filter(([, value]) => value !== undefined);
  return new Map(known.map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function wasReset(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "ECONNRESET" || error.code === "EPIPE" || error.code === "UND_ERR_SOCKET";
}

function faultOf(cause: unknown, isLate: boolean): RemoteError {
  const isSlow =
    isLate ||
    cause instanceof errors.ConnectTimeoutError ||
    cause instanceof errors.HeadersTimeoutError ||
    cause instanceof errors.BodyTimeoutError;
  return isSlow
    ? new RemoteError("remotes/too-slow", "the server takes too long", { cause })
    : new RemoteError("remotes/unreachable", "the server cannot be reached", { cause });
}
