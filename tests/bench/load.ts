import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);
const connections = 16;
/** The kernel counts in hundredths of a second for whoever asks. */
const microsecondsPerTick = 10_000;

export type LoadTarget = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The processes that answer. */
  readonly pids: () => readonly number[];
};

export type Load = {
  readonly requestsPerSecond: number;
  /** Processor time of the server for each request, user and system. */
  readonly microseconds: number;
};

/** Has `wrk` ask for `path` over kept connections. Fails on any answer that is not 2xx. */
export async function load(target: LoadTarget, path: string, seconds: number): Promise<Load> {
  const headers = Object.entries(target.headers).flatMap(([name, value]) => [
    "-H",
    `${name}: ${value}`,
  ]);
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, ...headers, `${target.url}${path}`];
  const pids = target.pids();
  const before = ticksOf(pids);
  const { stdout } = await run("wrk", args);
  const used = ticksOf(pids) - before;
  if (/Non-2xx/.test(stdout)) throw new Error(`${path}: answers that are not 2xx\n${stdout}`);
  const requestsPerSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  const microseconds = (used * microsecondsPerTick) / requests;
  if (!Number.isFinite(requestsPerSecond) || !Number.isFinite(microseconds))
    throw new Error(`wrk printed no rate\n${stdout}`);
  return { requestsPerSecond, microseconds };
}

function ticksOf(pids: readonly number[]): number {
  const each = pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // After the name, which may hold anything, `utime` and `stime` are the 12th and 13th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return each.reduce((sum, ticks) => sum + ticks, 0);
}
