import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorkFolder } from "./work-folder.ts";

let parent = "";
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "countersign-work-"));
});
afterAll(() => rm(parent, { recursive: true }));

test("a work folder is for its owner alone, and goes with all that is in it", async () => {
  const work = await createWorkFolder(parent);
  const [name = ""] = await readdir(parent);
  expect((await stat(join(parent, name))).mode & 0o777).toBe(0o700);
  await writeFile(work.newPath(), "a layer");
  expect(work.newPath()).not.toBe(work.newPath());
  await work[Symbol.asyncDispose]();
  expect(await readdir(parent)).toEqual([]);
});

test("what a process that is gone has left is taken away; what others use or own is not", async () => {
  const mine = await createWorkFolder(parent);
  const [name = ""] = await readdir(parent);
  const child = spawn("true");
  await once(child, "exit");
  const left = name.replace(`-${process.pid}-`, `-${child.pid}-`);
  const running = name.replace(`-${process.pid}-`, `-${process.ppid}-`);
  const elsewhere = left.replace(/^countersign-push-[0-9]+/, "countersign-push-1");
  const others = [running, elsewhere, "countersign-push", "something"];
  for (const each of [left, ...others])
    await mkdir(join(parent, each, "with"), { recursive: true });
  await using _next = await createWorkFolder(parent);
  const there = await readdir(parent);
  expect(there).toEqual(expect.arrayContaining([name, ...others]));
  expect(there).not.toContain(left);
  await mine[Symbol.asyncDispose]();
});

test("a place where no folder can be made is said by its name", async () => {
  await expect(createWorkFolder(join(parent, "nowhere"))).rejects.toMatchObject({
    code: "images/unreadable",
  });
});
