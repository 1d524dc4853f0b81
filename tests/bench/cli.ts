/**
 * `make bench-cli`: our notary command beside the Go client against the same servers, in turns: locally, and 20 ms
 * away (every packet takes 10 ms in each direction, the handshake of TCP too). Prints medians of wall time, from the
 * start of the process to its end.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtCommand } from "../harness/built.ts";
import { benchClient, type BenchClient } from "./cli-client.ts";
import { imageNamed, publishRepository } from "./cli-repository.ts";
import { debianServer, ourServer, type BenchServer } from "./cli-server.ts";
import { median } from "./report.ts";

const rounds = Number(process.env["ROUNDS"] ?? 5);
const tagCounts = (process.env["TAGS"] ?? "10,1000,10000").split(",").map(Number);
const servers = (process.env["SERVERS"] ?? "notary-server,countersign").split(",");
const roundTrips = (process.env["ROUND_TRIPS_MS"] ?? "0,20").split(",").map(Number);

type Operation = {
  readonly name: string;
  readonly args: (gun: string, run: number) => readonly string[];
};
const operations: readonly Operation[] = [
  { name: "list", args: (gun) => ["list", gun] },
  { name: "lookup", args: (gun) => ["lookup", gun, "v7"] },
  { name: "publish", args: publishing },
];

let counter = 0;
const directory = await mkdtemp(join(tmpdir(), "countersign-bench-cli-"));
try {
  const ours = process.env["OURS"] ?? builtCommand("notary");
  const maker = benchClient("go", "notary", join(directory, "maker"));
  const clients = [
    benchClient("go", "notary", join(directory, "go")),
    benchClient("ours", ours, join(directory, "ours")),
  ];
  if (servers.includes("notary-server")) {
    await using server = await debianServer(directory);
    await compare(server, maker, clients);
  }
  if (servers.includes("countersign")) {
    await using server = await ourServer();
    await compare(server, maker, clients);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function compare(
  server: BenchServer,
  maker: BenchClient,
  clients: readonly BenchClient[],
): Promise<void> {
  const template = join(directory, "maker/trust");
  for (const tags of tagCounts) {
    const gun = `${server.registryHost}/bench/tags-${tags}`;
    console.error(`making a repository with ${tags} tags on ${server.name}`);
    await publishRepository(maker, server, { gun, tags, trust: template });
    for (const roundTripMs of roundTrips) {
      heading(server, tags, roundTripMs);
      for (const cache of ["cold", "warm"] as const)
        for (const operation of operations) {
          for (const client of clients) await client.restart(template);
          server.distance.oneWayMs = roundTripMs / 2;
          const run = { server, gun, operation, cache };
          line(`${operation.name}, ${cache}`, await inTurns(clients, run));
          server.distance.oneWayMs = 0;
        }
    }
  }
}

type Run = {
  readonly server: BenchServer;
  readonly gun: string;
  readonly operation: Operation;
  readonly cache: "cold" | "warm";
};

/** Medians of wall times, the Go client's first. The first run of each is not counted. */
async function inTurns(clients: readonly BenchClient[], run: Run): Promise<readonly number[]> {
  const times = clients.map((): number[] => []);
  for (let round = 0; round <= rounds; round += 1)
    for (const [index, client] of clients.entries()) {
      if (run.cache === "cold") await client.forget();
      const took = await client.time(run.server, run.operation.args(run.gun, counter++));
      if (round > 0) times[index]?.push(took);
    }
  return times.map(median);
}

/** One more tag, published at once. */
function publishing(gun: string, run: number): readonly string[] {
  const name = `new${run}`;
  const { size, sha256 } = imageNamed(name);
  return ["addhash", gun, name, size, "--sha256", sha256, "-p"];
}

function heading({ name }: BenchServer, tags: number, roundTripMs: number): void {
  const where = roundTripMs === 0 ? "local" : `${roundTripMs} ms away`;
  console.log(cells([`${name}, ${tags} tags, ${where}`, "Go, ms", "ours, ms", "ours/Go"]));
}

function line(what: string, [go = Number.NaN, ours = Number.NaN]: readonly number[]): void {
  console.log(cells([`  ${what}`, go.toFixed(0), ours.toFixed(0), (ours / go).toFixed(2)]));
}

function cells([first = "", ...rest]: readonly string[]): string {
  return first.padEnd(44) + rest.map((cell) => cell.padStart(11)).join("");
}
