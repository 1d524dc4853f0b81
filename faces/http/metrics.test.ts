import { expect, test } from "vitest";
import { createMetrics, mergeMetrics, metricsText } from "#faces/http";

test("counters, histograms and gauges are written as Prometheus reads them", () => {
  const metrics = createMetrics();
  const asked = metrics.counter("asked_total", "How often.");
  const took = metrics.histogram("took_seconds", "How long.", [0.1, 1]);
  metrics.gauge("now", "What is.", () => 42);
  asked.add();
  asked.add();
  asked.add({ code: "200", operation: "read" }, 3);
  took.observe(0.05);
  took.observe(0.5);
  took.observe(5, { operation: "read" });
  expect(metrics.text()).toBe(`# HELP asked_total How often.
# TYPE asked_total counter
asked_total 2
asked_total{code="200",operation="read"} 3
# HELP took_seconds How long.
# TYPE took_seconds histogram
took_seconds_bucket{le="0.1"} 1
took_seconds_bucket{le="1"} 2
took_seconds_bucket{le="+Inf"} 2
took_seconds_sum 0.55
took_seconds_count 2
took_seconds_bucket{operation="read",le="0.1"} 0
took_seconds_bucket{operation="read",le="1"} 0
took_seconds_bucket{operation="read",le="+Inf"} 1
took_seconds_sum{operation="read"} 5
took_seconds_count{operation="read"} 1
# HELP now What is.
# TYPE now gauge
now 42
`);
});

test("a label cannot break out of its quotes", () => {
  const metrics = createMetrics();
  metrics.counter("c_total", "Count.").add({ name: 'a"} 1\nb{x="' });
  expect(metrics.text().split("\n")).toHaveLength(4);
  expect(metrics.text()).toContain('c_total{name="a_} 1_b{x=_"} 1');
});

test("the counts of several processes add up, and they began when the first one did", () => {
  const processOf = (asked: number, started: number): ReturnType<typeof createMetrics> => {
    const metrics = createMetrics();
    metrics.counter("asked_total", "How often.").add({ code: "200" }, asked);
    metrics.histogram("took_seconds", "How long.", [1]).observe(asked);
    metrics.gauge("start", "When.", () => started, "least");
    return metrics;
  };
  const both = [processOf(1, 20), processOf(2, 10)].map((metrics) => metrics.samples());
  const lines = metricsText(mergeMetrics(both)).split("\n");
  expect(lines.filter((line) => line !== "" && !line.startsWith("#"))).toEqual([
    'asked_total{code="200"} 3',
    'took_seconds_bucket{le="1"} 1',
    'took_seconds_bucket{le="+Inf"} 2',
    "took_seconds_sum 3",
    "took_seconds_count 2",
    "start 10",
  ]);
});
