/** What a label may say: words of our own, never names from outside. */
type Labels = Readonly<Record<string, string>>;

export type Counter = { readonly add: (labels?: Labels, by?: number) => void };
export type Histogram = { readonly observe: (seconds: number, labels?: Labels) => void };

/** Counts of one process, as Prometheus reads them. */
export type Metrics = {
  /** A count that only rises. */
  readonly counter: (name: string, help: string) => Counter;
  /** How often something took how long. */
  readonly histogram: (name: string, help: string, bucketSeconds?: readonly number[]) => Histogram;
  /** A value that is looked up each time somebody asks. */
  readonly gauge: (name: string, help: string, value: () => number) => void;
  /** All of it in the text format, version 0.0.4. */
  readonly text: () => string;
};

type Kind = "counter" | "gauge" | "histogram";
type Family = { readonly kind: Kind; readonly help: string; readonly lines: () => string[] };

const defaultBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(): Metrics {
  const families = new Map<string, Family>();
  return {
    counter(name, help) {
      const series = new Map<string, number>();
      families.set(name, { kind: "counter", help, lines: () => linesOf(name, series) });
      return {
        add: (labels = {}, by = 1) => {
          const key = written(labels);
          series.set(key, (series.get(key) ?? 0) + by);
        },
      };
    },
    histogram(name, help, bucketSeconds = defaultBuckets) {
      const series = new Map<string, Tally>();
      const lines = (): string[] =>
        [...series].flatMap(([key, tally]) => tallyLines(name, key, { tally, bucketSeconds }));
      families.set(name, { kind: "histogram", help, lines });
      return {
        observe: (seconds, labels = {}) => {
          const key = written(labels);
          const tally = series.get(key) ?? { counts: bucketSeconds.map(() => 0), sum: 0, count: 0 };
          series.set(key, added(tally, seconds, bucketSeconds));
        },
      };
    },
    gauge(name, help, value) {
      families.set(name, { kind: "gauge", help, lines: () => [`${name} ${value()}`] });
    },
    text: () =>
      [...families]
        .flatMap(([name, { kind, help, lines }]) => [
          `# HELP ${name} ${help}`,
          `# TYPE ${name} ${kind}`,
          ...lines(),
        ])
        .map((line) => `${line}\n`)
        .join(""),
  };
}

type Tally = { readonly counts: readonly number[]; readonly sum: number; readonly count: number };

function added(tally: Tally, seconds: number, bounds: readonly number[]): Tally {
  const counts = tally.counts.map((count, at) => count + Number(seconds <= (bounds[at] ?? 0)));
  return { counts, sum: tally.sum + seconds, count: tally.count + 1 };
}

function tallyLines(
  name: string,
  key: string,
  of: { readonly tally: Tally; readonly bucketSeconds: readonly number[] },
): string[] {
  const { counts, sum, count } = of.tally;
  const bucket = (bound: string, value: number): string =>
    `${name}_bucket{${key === "" ? "" : `${key},`}le="${bound}"} ${value}`;
  return [
    ...of.bucketSeconds.map((bound, at) => bucket(String(bound), counts[at] ?? 0)),
    bucket("+Inf", count),
    `${name}_sum${braced(key)} ${sum}`,
    `${name}_count${braced(key)} ${count}`,
  ];
}

function linesOf(name: string, series: ReadonlyMap<string, number>): string[] {
  return [...series].map(([key, value]) => `${name}${braced(key)} ${value}`);
}

function written(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, "_")}"`)
    .join(",");
}

function braced(key: string): string {
  return key === "" ? "" : `{${key}}`;
}
