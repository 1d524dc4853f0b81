import type { Clock, Instant, Options } from "#domain/kernel";
import { createConnections, type ProxyVariables } from "./connections.ts";
import { RemoteError } from "./errors.ts";
import { exchange, type RemoteAnswer, type Request, type Terms } from "./exchange.ts";
import type { Limits } from "./limits.ts";
import { OutOfPatience } from "./patience.ts";
import type { TlsSettings } from "./tls.ts";

/** Asks servers that the given authorities certify, and no others. Follows no redirect. */
export type HttpClient = {
  ask(request: Request, o: Options): Promise<RemoteAnswer>;
  close(): void;
};

export type HttpClientParts = {
  readonly tls: TlsSettings;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly proxy?: ProxyVariables | undefined;
};

/**
 * Throws a `RemoteError` for everything that is not an answer. A connection that the server had closed is
 * tried once more for what changes nothing there; a server that did not answer is let rest, and what was
 * wrong is said again meanwhile.
 */
export function createHttpClient(parts: HttpClientParts): HttpClient {
  const { tls, limits, clock } = parts;
  const resting = new Map<string, { readonly until: Instant; readonly fault: RemoteError }>();
  const connections = createConnections(tls, { most: limits.connections, proxy: parts.proxy });
  const once = (request: Request, times: Times): Promise<RemoteAnswer> =>
    exchange(withOurHeaders(request), {
      agent: connections.agentFor(request.url),
      connectMs: limits.connectMs,
      ...times,
    });
  const believed = (request: Request, times: Times): Promise<RemoteAnswer> => {
    const agent = connections.agentFor(request.url);
    return once(request, times).catch((error: unknown) => {
      if (!isUnbelieved(error)) throw error;
      // Whoever was refused at the same time may have widened the circle already.
      const isWider = connections.agentFor(request.url) !== agent || connections.believeMore();
      if (!isWider) throw error;
      return once(request, times); // nothing was sent but a greeting
    });
  };

  return {
    async ask(request, o) {
      const { origin } = request.url;
      const rest = resting.get(origin);
      const restMs = rest === undefined ? 0 : rest.until - clock();
      // A clock that was set back must not make the rest any longer.
      if (rest !== undefined && restMs > 0 && restMs <= limits.restMs) throw rest.fault;
      resting.delete(origin);
      const late = AbortSignal.timeout(request.withinMs ?? deadlineMs(request, limits));
      const signal = AbortSignal.any([o.signal, late]);
      const times = { signal, silenceMs: silenceMs(request, limits) };
      try {
        return await believed(request, times).catch((error: unknown) => {
          if (!isReading(request) || !wasReset(error)) throw error;
          return once(request, times);
        });
      } catch (cause) {
        o.signal.throwIfAborted();
        if (cause instanceof RemoteError) throw cause;
        const fault = faultOf(cause, late.aborted);
        if (limits.restMs > 0) resting.set(origin, { until: clock() + limits.restMs, fault });
        throw fault;
      }
    },
    close() {
      connections.close();
    },
  };
}

type Times = Pick<Terms, "signal" | "silenceMs">;

const maxUploadMs = 86_400_000;

/** For all of it. A stream may take as long as it moves. */
function deadlineMs(request: Request, limits: Limits): number {
  const { body, maxBytes } = request;
  if (body !== undefined && !(body instanceof Uint8Array)) return maxUploadMs;
  return (
    silenceMs(request, limits).after + Math.ceil((maxBytes / limits.minBytesPerSecond) * 1_000)
  );
}

/** Between two signs of life; after the last byte was sent, for what the server has to do with all of them. */
function silenceMs(
  request: Request,
  limits: Limits,
): { readonly on: number; readonly after: number } {
  const { body } = request;
  const bytes = body === undefined ? 0 : body instanceof Uint8Array ? body.length : body.bytes;
  const least = isReading(request) ? limits.answerMs : limits.changeMs;
  const after = least + Math.ceil((bytes / limits.minBytesPerSecond) * 1_000);
  return { on: body instanceof Uint8Array ? after : least, after };
}

function isReading({ method = "GET" }: Request): boolean {
  return method === "GET" || method === "HEAD";
}

function withOurHeaders(request: Request): Request {
  const headers = { accept: "application/json", "user-agent": "countersign", ...request.headers };
  return { ...request, headers };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function wasReset(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE"].includes(codeOf(error));
}

const BAD_CERTIFICATE = /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_|HOSTNAME_)/;

function isUnbelieved(error: unknown): boolean {
  return BAD_CERTIFICATE.test(codeOf(error));
}

function faultOf(cause: unknown, isLate: boolean): RemoteError {
  if (isLate || cause instanceof OutOfPatience)
    return new RemoteError("remotes/too-slow", "the server takes too long", { cause });
  const why = isUnbelieved(cause)
    ? "the server's certificate is not believed"
    : "the server cannot be reached";
  return new RemoteError("remotes/unreachable", why, { cause });
}
