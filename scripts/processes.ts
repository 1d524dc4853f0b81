import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/**
 * A process that we started: the pid alone is not enough, for the system gives it out again after
 * a crash or a restart of the machine. `started` tells two owners of one pid apart.
 */
export type Started = { readonly pid: number; readonly started: string };

/** Remembers a process in `file`. */
export function remember(file: string, pid: number): Started {
  const started = startOf(pid);
  if (started === undefined) throw new Error(`process ${pid} ended at once`);
  const record = { pid, started };
  writeFileSync(file, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  return record;
}

/** The process of `file` if it still runs; a stale file is removed. */
export function running(file: string): Started | undefined {
  const record = recordOf(file);
  if (record !== undefined && startOf(record.pid) === record.started) return record;
  rmSync(file, { force: true });
  return undefined;
}

/** Asks a process to end, waits, and in the end makes it. False: it had to be killed. */
export async function stop(process_: Started, waitMs: number): Promise<boolean> {
  signal(process_, "SIGTERM");
  if (await ended(process_, waitMs)) return true;
  signal(process_, "SIGKILL");
  await ended(process_, 10_000);
  return false;
}

/** Whether the process ends within `waitMs`. */
export async function ended(process_: Started, waitMs: number): Promise<boolean> {
  const giveUp = Date.now() + waitMs;
  while (startOf(process_.pid) === process_.started) {
    if (Date.now() > giveUp) return false;
    await delay(50);
  }
  return true;
}

function signal({ pid, started }: Started, name: NodeJS.Signals): void {
  if (startOf(pid) !== started) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function recordOf(file: string): Started | undefined {
  try {
    const read: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof read !== "object" || read === null) return undefined;
    const pid: unknown = Reflect.get(read, "pid");
    const started: unknown = Reflect.get(read, "started");
    const fits = typeof pid === "number" && typeof started === "string";
    return fits ? { pid, started } : undefined;
  } catch {
    return undefined; // no file, or one that a crash cut short: nothing is known to run
  }
}

/** What names one life of a pid: this boot of the machine, and the moment the process began. */
function startOf(pid: number): string | undefined {
  if (process.platform !== "linux") return startByPs(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold anything; state is the 1st, starttime the 20th after it.
    const after = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return after[0] === "Z" ? undefined : `${bootId()} ${after[19]}`;
  } catch {
    return undefined; // no such process
  }
}

/** Changes whenever the machine starts. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "unknown";
  }
}

function startByPs(pid: number): string | undefined {
  try {
    const stdio = ["ignore", "pipe", "ignore"] as const;
    const args = ["-o", "lstart=", "-p", String(pid)];
    return execFileSync("ps", args, { encoding: "utf8", stdio: [...stdio] }).trim() || undefined;
  } catch {
    return undefined; // no such process
  }
}
