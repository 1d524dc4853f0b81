import type { Context, Handler, Metrics, Reply } from "#faces/http";
import { TrustError, type TrustObserver } from "#services/trust";

/** What a request is about, as the metrics name it. */
export type Operation =
  | "publish"
  | "get-current"
  | "get-by-checksum"
  | "get-by-version"
  | "get-key"
  | "rotate-key"
  | "delete"
  | "changefeed"
  | "health"
  | "other";

/** Counts every request of `handler` and how long it took; errors become their replies here. */
export type Measure = (operation: (context: Context) => Operation, handler: Handler) => Handler;

/** What is counted of one operation: found once, for it is counted with every request. */
type Tally = {
  readonly answered: Map<number, () => void>;
  readonly took: (seconds: number) => void;
};
type ReplyTo = (error: unknown, context: Context) => Reply | undefined;

export function measuring(metrics: Metrics | undefined, replyTo: ReplyTo): Measure {
  if (metrics === undefined) return (_operation, handler) => handler;
  const requests = metrics.counter(
    "countersign_trust_requests_total",
    "Requests to the trust server, by operation and status code.",
  );
  const seconds = metrics.histogram(
    "countersign_trust_request_duration_seconds",
    "How long requests to the trust server took, by operation.",
  );
  const conflicts = metrics.counter(
    "countersign_trust_conflicts_total",
    "Updates refused because somebody else had published that version.",
  );
  const tally = new Map<Operation, Tally>();
  const tallyOf = (operation: Operation): Tally => {
    const known = tally.get(operation) ?? {
      answered: new Map<number, () => void>(),
      took: seconds.labelled({ operation }),
    };
    tally.set(operation, known);
    return known;
  };
  const answeredWith = (operation: Operation, code: number): (() => void) => {
    const { answered } = tallyOf(operation);
    const known = answered.get(code) ?? requests.labelled({ operation, code: String(code) });
    answered.set(code, known);
    return known;
  };
  const replied = async (handler: Handler, context: Context): Promise<Reply | "handled"> => {
    try {
      return await handler(context);
    } catch (error) {
      if (error instanceof TrustError && error.code === "trust/version-conflict") conflicts.add();
      const reply = replyTo(error, context);
      if (reply === undefined) throw error;
      return reply;
    }
  };
  return (operationOf, handler) => async (context) => {
    const started = performance.now();
    const operation = operationOf(context);
    let code = 500;
    try {
      const reply = await replied(handler, context);
      code = reply === "handled" ? context.response.statusCode : reply.status;
      return reply;
    } finally {
      answeredWith(operation, code)();
      tallyOf(operation).took((performance.now() - started) / 1_000);
    }
  };
}

/** Counts what the trust service tells of its work. */
export function trustMetrics(metrics: Metrics): TrustObserver {
  const signings = metrics.counter(
    "countersign_trust_signings_total",
    "Signatures made with keys the server holds, by role.",
  );
  const files = metrics.counter(
    "countersign_trust_files_published_total",
    "Metadata files stored, by kind.",
  );
  const renewals = metrics.counter(
    "countersign_trust_resignings_total",
    "Timestamps and snapshots signed again ahead of their expiry, by role.",
  );
  return {
    signed: (role) => signings.add({ role }),
    published: (kind) => files.add({ kind }),
    renewed: (role) => renewals.add({ role }),
  };
}
