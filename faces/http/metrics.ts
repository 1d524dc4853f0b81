/** What a label may say: words of our own, never names from outside. */
type Labels = Readonly<Record<string, string>>;

export type Counter = {
  readonly add: (labels?: Labels, by?: number) => void;
  /** Adds 1 under these labels each time it is called: for what is counted with every request. */
  readonly labelled: (labels: Labels) => () => void;
};
export type Histogram = {
  readonly observe: (seconds: number, labels?: Labels) => void;
  readonly labelled: (labels: Labels) => (seconds: number) => void;
};

/** Counts of one process, as Prometheus reads them. */
export type Metrics = {
  /** A count that only rises. */
  readonly counter: (name: string, help: string) => Counter;
  /** How often something took how long. */
  readonly histogram: (name: string, help: string, bucketSeconds?: readonly number[]) => Histogram;
  /** A value that is looked up each time somebody asks; of several processes the sum, or the least. */
  readonly gauge: (name: string, help: string, value: () => number, together?: Together) => void;
  /** All of it, to be put together with that of other processes. */
  readonly samples: () => readonly Family[];
  /** All of it in the text format, version 0.0.4. */
  readonly text: () => string;
};

/** What one process counted under one name: plain data. */
export type Family = {
  readonly name: string;
  readonly kind: Kind;
  readonly help: string;
  readonly together: Together;
  /** The left side of a line of the text format, and its value. */
  readonly samples: readonly Sample[];
};
type Sample = readonly [series: string, value: number];
type Together = "sum" | "least";

type Kind = "counter" | "gauge" | "histogram";
type Source = Omit<Family, "samples"> & { readonly read: () => Sample[] };

const defaultBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(): Metrics {
  const families = new Map<string, Source>();
  const samples = (): Family[] =>
    [...families.values()].map(({ read, ...family }) => ({ ...family, samples: read() }));
  return {
    counter(name, help) {
      const series = new Map<string, { count: number }>();
      const read = (): Sample[] =>
        [...series].map(([key, { count }]) => [`${name}${braced(key)}`, count]);
      families.set(name, { name, kind: "counter", help, together: "sum", read });
      const under = (labels: Labels): { count: number } =>
        upsert(series, written(labels), () => ({ count: 0 }));
      return {
        add: (labels = {}, by = 1) => {
          under(labels).count += by;
        },
        labelled(labels) {
          let counted: { count: number } | undefined; // a series begins when there is something to count
          return () => {
            counted ??= under(labels);
            counted.count += 1;
          };
        },
      };
    },
    histogram(name, help, bucketSeconds = defaultBuckets) {
      const series = new Map<string, Tally>();
      const read = (): Sample[] =>
        [...series].flatMap(([key, tally]) => tallySamples(name, key, { tally, bucketSeconds }));
      families.set(name, { name, kind: "histogram", help, together: "sum", read });
      const under = (labels: Labels): Tally =>
        upsert(series, written(labels), () => ({
          counts: bucketSeconds.map(() => 0),
          sum: 0,
          count: 0,
        }));
      return {
        observe: (seconds, labels = {}) => count(under(labels), seconds, bucketSeconds),
        labelled(labels) {
          let tally: Tally | undefined;
          return (seconds) => {
            tally ??= under(labels);
            count(tally, seconds, bucketSeconds);
          };
        },
      };
    },
    gauge(name, help, value, together = "sum") {
      const read = (): Sample[] => [[name, value()]];
      families.set(name, { name, kind: "gauge", help, together, read });
    },
    samples,
    text: () => metricsText(samples()),
  };
}

/** The text format, version 0.0.4. */
export function metricsText(families: readonly Family[]): string {
  return families
    .flatMap(({ name, kind, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${kind}`,
      ...samples.map(([series, value]) => `${series} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join("");
}

/** What several processes counted, as if one had. */
export function mergeMetrics(processes: readonly (readonly Family[])[]): readonly Family[] {
  const merged = new Map<string, Family & { readonly samples: Sample[] }>();
  for (const family of processes.flat()) {
    const known = merged.get(family.name);
    const series = new Map(known?.samples);
    for (const [name, value] of family.samples) {
      const before = series.get(name) ?? (family.together === "sum" ? 0 : value);
      series.set(name, family.together === "sum" ? before + value : Math.min(before, value));
    }
    merged.set(family.name, { ...family, samples: [...series] });
  }
  return [...merged.values()];
}

/** How many were at most as long as each bound and longer than the one before it. */
type Tally = { readonly counts: number[]; sum: number; count: number };

function count(tally: Tally, seconds: number, bounds: readonly number[]): void {
  tally.sum += seconds;
  tally.count += 1;
  for (let at = 0; at < bounds.length; at += 1) {
    if (seconds > (bounds[at] ?? 0)) continue;
    tally.counts[at] = (tally.counts[at] ?? 0) + 1;
    return;
  }
}

function upsert<Value>(
  series: Map<string, Value>,
  key: string,
  make: () => NonNullable<Value>,
): Value {
  const known = series.get(key) ?? make();
  series.set(key, known);
  return known;
}

function tallySamples(
  name: string,
  key: string,
  of: { readonly tally: Tally; readonly bucketSeconds: readonly number[] },
): Sample[] {
  const { counts, sum, count } = of.tally;
  const bucket = (bound: string, value: number): Sample => [
    `${name}_bucket{${key === "" ? "" : `${key},`}le="${bound}"}`,
    value,
  ];
  let upTo = 0;
  return [
    ...of.bucketSeconds.map((bound, at) => {
      upTo += counts[at] ?? 0;
      return bucket(String(bound), upTo);
    }),
    bucket("+Inf", count),
    [`${name}_sum${braced(key)}`, sum],
    [`${name}_count${braced(key)}`, count],
  ];
}

function written(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, "_")}"`)
    .join(",");
}

function braced(key: string): string {
  return key === "" ? "" : `{${key}}`;
}
