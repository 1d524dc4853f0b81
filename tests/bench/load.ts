import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const connections = 16;

export type LoadTarget = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** How many requests a second `wrk` gets answered over kept connections. Fails on any answer that is not 2xx. */
export async function requestsPerSecond(
  target: LoadTarget,
  path: string,
  seconds: number,
): Promise<number> {
  const headers = Object.entries(target.headers).flatMap(([name, value]) => [
    "-H",
    `${name}: ${value}`,
  ]);
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, ...headers, `${target.url}${path}`];
  const { stdout } = await run("wrk", args);
  if (/Non-2xx/.test(stdout)) throw new Error(`${path}: answers that are not 2xx\n${stdout}`);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  if (!Number.isFinite(rate)) throw new Error(`wrk printed no rate\n${stdout}`);
  return rate;
}
