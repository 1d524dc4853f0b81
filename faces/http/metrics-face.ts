import type { Metrics } from "./metrics.ts";
import { get, head, type Face, type Handler } from "./route.ts";

/**
 * `/metrics`, for whoever asks: counts of our own making, no names of anybody or anything. `text` asks for
 * those of all processes together, where there are several.
 */
export function metricsFace(
  metrics: Metrics,
  text: () => Promise<string> = () => Promise.resolve(metrics.text()),
): Face {
  addProcessGauges(metrics);
  const handler: Handler = async () => {
    const body = await text();
    return {
      status: 200,
      headers: {
        "content-type": "text/plain; version=0.0.4; charset=utf-8",
        "content-length": String(Buffer.byteLength(body)),
        "cache-control": "no-store",
      },
      body,
    };
  };
  return {
    routes: [get("/metrics", handler), head("/metrics", handler)],
    replyTo: () => undefined,
  };
}

function addProcessGauges(metrics: Metrics): void {
  const started = Date.now() / 1_000;
  metrics.gauge("process_resident_memory_bytes", "Memory of the server.", () =>
    process.memoryUsage.rss(),
  );
  metrics.gauge(
    "process_start_time_seconds",
    "When the server started, in seconds since 1970.",
    () => started,
    "least",
  );
  metrics.gauge(
    "process_cpu_seconds",
    "Processor time the server has used, user and system.",
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000_000;
    },
  );
}
