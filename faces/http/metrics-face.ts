import type { Metrics } from "./metrics.ts";
import { get, head, type Face, type Handler } from "./route.ts";

/** `/metrics`, for whoever asks: counts of our own making, no names of anybody or anything. */
export function metricsFace(metrics: Metrics): Face {
  const started = Date.now() / 1_000;
  metrics.gauge("process_resident_memory_bytes", "Memory of this process.", () =>
    process.memoryUsage.rss(),
  );
  metrics.gauge(
    "process_start_time_seconds",
    "When this process started, in seconds since 1970.",
    () => started,
  );
  metrics.gauge(
    "process_cpu_seconds",
    "Processor time this process has used, user and system.",
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000_000;
    },
  );
  const handler: Handler = () => {
    const body = metrics.text();
    return Promise.resolve({
      status: 200,
      headers: {
        "content-type": "text/plain; version=0.0.4; charset=utf-8",
        "content-length": String(Buffer.byteLength(body)),
        "cache-control": "no-store",
      },
      body,
    });
  };
  return {
    routes: [get("/metrics", handler), head("/metrics", handler)],
    replyTo: () => undefined,
  };
}
