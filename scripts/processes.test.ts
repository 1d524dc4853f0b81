import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { remember, running, stop } from "./processes.ts";

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-pid-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function sleeper(script: string): number {
  const child = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
  children.push(child);
  if (child.pid === undefined) throw new Error("node does not start");
  return child.pid;
}
const forever = "setInterval(() => undefined, 1000)";

test("a process that we started is found again, and is gone after it was stopped", async () => {
  const file = join(folder, "pid");
  const started = remember(file, sleeper(forever));
  expect(running(file)).toEqual(started);
  expect(await stop(started, 10_000)).toBe(true);
  expect(running(file)).toBeUndefined();
});

test("a process that ignores the request is killed in the end", async () => {
  const file = join(folder, "pid");
  const ready = join(folder, "ready");
  const deaf = `process.on("SIGTERM", () => undefined);
    require("fs").writeFileSync(${JSON.stringify(ready)}, "yes"); ${forever}`;
  const started = remember(file, sleeper(deaf));
  await expect.poll(() => exists(ready), { timeout: 10_000 }).toBe(true);
  expect(await stop(started, 200)).toBe(false);
  expect(running(file)).toBeUndefined();
});

test("a pid that belongs to somebody else by now is not ours", async () => {
  const file = join(folder, "pid");
  const record = remember(file, process.pid);
  writeFileSync(file, JSON.stringify({ ...record, started: "another boot 12345" }));
  expect(running(file)).toBeUndefined();
  expect(exists(file)).toBe(false);
  expect(await stop({ ...record, started: "another boot 12345" }, 0)).toBe(true); // and we still run
});

test.for(["", "{", "17", '{"pid":"1"}', "null"])("a pid file with %j is stale", (text) => {
  const file = join(folder, "pid");
  writeFileSync(file, text);
  expect(running(file)).toBeUndefined();
});

function exists(file: string): boolean {
  try {
    return readFileSync(file).length >= 0;
  } catch {
    return false;
  }
}
