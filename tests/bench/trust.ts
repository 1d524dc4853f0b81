/**
 * `make bench-trust`: our trust server beside Debian's `notary-server` (memory store), both over TLS on
 * loopback in one run, in turns. Ours as it is shipped: tokens asked for, every publish on disk when it is
 * acknowledged. Prints a table of medians and ratios: answers a second, and what each costs the server, which
 * says more where the load generator and other programs share the processor.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeFile } from "#domain/tuf";
import { signRoot, signTargets, type TestRepository } from "#domain/tuf/testing";
import { ownerOnBoth, post, tufPath } from "../interop/parity-publish.ts";
import { load, type Load } from "./load.ts";
import { megabytesOf, median, printTable, type Row } from "./report.ts";
import { startBenchPair, type BenchPair, type BenchSide } from "./trust-pair.ts";

const rounds = Number(process.env["ROUNDS"] ?? 3);
const seconds = Number(process.env["SECONDS"] ?? 3);
const tagCounts = [10, 1_000, 10_000];
const publishes = 30;
/** Published on both sides before anything is measured: a server in use has run its code before. */
const publishesBefore = 300;

const directory = await mkdtemp(join(tmpdir(), "countersign-bench-"));
try {
  await using pair = await startBenchPair(directory);
  const rows: Row[] = [];
  const first = await published(pair, `${pair.registryHost}/bench/tags-1`, 10);
  await publishing(pair, first, { tags: 10, times: publishesBefore });
  for (const tags of tagCounts) {
    const gun = `${pair.registryHost}/bench/tags-${tags}`;
    const owner = await published(pair, gun, tags);
    console.error(`measuring a repository with ${tags} tags`);
    if (tags === tagCounts[0]) rows.push(...(await smallFiles(pair, gun)));
    rows.push(...(await file(pair, gun, "targets", `targets by hash, ${tags} tags`)));
    rows.push(await publishing(pair, owner, { tags, times: publishes }));
  }
  rows.push(memory(pair));
  printTable(rows);
} finally {
  await rm(directory, { recursive: true, force: true });
}

/** A repository with `tags` entries, the same bytes on both servers. */
async function published(pair: BenchPair, gun: string, tags: number): Promise<TestRepository> {
  const owner = await ownerOnBoth(pair, gun);
  for (let tag = 0; tag < tags; tag += 1) owner.targets.targets.set(`v${tag}`, `image ${tag}`);
  const parts = [
    { name: "root", bytes: await signRoot(owner) },
    { name: "targets", bytes: await signTargets(owner.targets) },
  ];
  for (const side of [pair.go, pair.ours]) {
    const { status, message } = await post(side, gun, parts);
    if (status !== 200) throw new Error(`publishing ${gun}: ${status} ${message ?? ""}`);
  }
  return owner;
}

async function smallFiles(pair: BenchPair, gun: string): Promise<readonly Row[]> {
  const rows = [
    await current(pair, gun, "timestamp"),
    await current(pair, gun, "snapshot"),
    await file(pair, gun, "snapshot", "snapshot by hash"),
    await current(pair, gun, "targets"),
    await current(pair, gun, "root"),
    await file(pair, gun, "root", "root by hash"),
  ];
  return rows.flat();
}

function current(pair: BenchPair, gun: string, role: string): Promise<readonly Row[]> {
  return reading(pair, role, () => Promise.resolve(`${tufPath(gun)}${role}.json`));
}

/** The file of a role by its hash, which is how clients fetch all but the timestamp. */
function file(pair: BenchPair, gun: string, role: string, what: string): Promise<readonly Row[]> {
  return reading(pair, what, async (side) => {
    const { body } = await side.ask({ path: `${tufPath(gun)}${role}.json` });
    return `${tufPath(gun)}${role}.${describeFile(body).sha256}.json`;
  });
}

async function reading(
  pair: BenchPair,
  what: string,
  pathOn: (side: BenchSide) => Promise<string>,
): Promise<readonly Row[]> {
  const [go, ours, bare]: [Load[], Load[], Load[]] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    const path = await pathOn(pair.ours);
    const { body } = await pair.ours.ask({ path });
    go.push(await load(pair.go, await pathOn(pair.go), seconds));
    ours.push(await load(pair.ours, path, seconds));
    bare.push(await load(pair.bare, `/${body.length}`, seconds));
  }
  const row = (unit: Row["unit"], of: (one: Load) => number): Row => ({
    what,
    unit,
    go: median(go.map(of)),
    ours: median(ours.map(of)),
    bare: median(bare.map(of)),
  });
  return [
    row("requests/s", (one) => one.requestsPerSecond),
    row("us of processor", (one) => one.microseconds),
  ];
}

/** One more tag each time: what a client sends once it has signed, from the request to the acknowledgement. */
async function publishing(
  pair: BenchPair,
  owner: TestRepository,
  { tags, times }: { readonly tags: number; readonly times: number },
): Promise<Row> {
  const go: number[] = [];
  const ours: number[] = [];
  for (let count = 0; count < times; count += 1) {
    owner.targets.version += 1;
    owner.targets.targets.set(`new${count}`, `image new ${count}`);
    const parts = [{ name: "targets", bytes: await signTargets(owner.targets) }];
    for (const [side, took] of [
      [pair.go, go],
      [pair.ours, ours],
    ] as const) {
      const started = performance.now();
      const { status } = await post(side, owner.gun, parts);
      took.push(performance.now() - started);
      if (status !== 200) throw new Error(`a publish was answered ${status}`);
    }
  }
  return { what: `publish one tag, ${tags} tags`, unit: "ms", go: median(go), ours: median(ours) };
}

function memory(pair: BenchPair): Row {
  return {
    what: "memory afterwards",
    unit: "MB",
    go: megabytesOf(pair.go.pids()),
    ours: megabytesOf(pair.ours.pids()),
  };
}
