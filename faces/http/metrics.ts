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
      const series = new Map<string, number>();
      const read = (): Sample[] =>
        [...series].map(([key, value]) => [`${name}${braced(key)}`, value]);
      families.set(name, { name, kind: "counter", help, together: "sum", read });
      return {
        add: (labels = {}, by = 1) => {
          const key = written(labels);
          series.set(key, (series.get(key) ?? 0) + by);
        },
      };
    },
    histogram(name, help, bucketSeconds = defaultBuckets) {
      const series = new Map<string, Tally>();
      const read = (): Sample[] =>
        [...series].flatMap(([key, tally]) => tallySamples(name, key, { tally, bucketSeconds }));
      families.set(name, { name, kind: "histogram", help, together: "sum", read });
      return {
        observe: (seconds, labels = {}) => {
          const key = written(labels);
          const tally = series.get(key) ?? { counts: bucketSeconds.map(() => 0), sum: 0, count: 0 };
          series.set(key, added(tally, seconds, bucketSeconds));
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

type Tally = { readonly counts: readonly number[]; readonly sum: number; readonly count: number };

function added(tally: Tally, seconds: number, bounds: readonly number[]): Tally {
  const counts = tally.counts.map((count, at) => count + Number(seconds <= (bounds[at] ?? 0)));
  return { counts, sum: tally.sum + seconds, count: tally.count + 1 };
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
  return [
    ...of.bucketSeconds.map((bound, at) => bucket(String(bound), counts[at] ?? 0)),
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
