import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { say } from "./say.ts";
import { script } from "./script.ts";
import { files } from "./server.ts";
import { readSettings, Stop } from "./settings.ts";

const levels = new Map<unknown, string>([
  [20, "debug"],
  [30, "info"],
  [40, "WARN"],
  [50, "ERROR"],
  [60, "FATAL"],
]);

/** Shows the newest lines of the log, and on a terminal what follows. */
await script(async () => {
  const { log } = files(readSettings().data);
  if (!existsSync(log)) throw new Stop("there is no log yet: make up writes one");
  const follow = process.stdout.isTTY ? ["-F"] : [];
  const tail = spawn("tail", ["-n", "200", ...follow, log], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: tail.stdout })) say(readable(line));
});

function readable(line: string): string {
  let entry: Readonly<Record<string, unknown>>;
  try {
    const read: unknown = JSON.parse(line);
    if (typeof read !== "object" || read === null) return line;
    entry = Object.fromEntries(Object.entries(read));
  } catch {
    return line; // not ours: what Node or a library printed
  }
  const { time, level, event, msg, pid: _pid, hostname: _hostname, ...rest } = entry;
  const at = typeof time === "number" ? new Date(time).toISOString().slice(11, 23) : time;
  const head = [at, levels.get(level) ?? level, event, msg].filter((part) => part !== undefined);
  const details = Object.entries(rest).map(([name, value]) => `${name}=${written(value)}`);
  return [...head.map(written), ...details].join(" ");
}

function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
