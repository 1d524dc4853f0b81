import { readlinkSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileError } from "./errors.ts";

/** A folder of our own for what must be put aside; gone when it is disposed of. */
export type WorkFolder = AsyncDisposable & {
  /** A path for a new file in it. */
  newPath(): string;
};

const prefix = "countersign-push-";

/** Makes one, and takes away those of processes that were ended before they could do it themselves. */
export async function createWorkFolder(parent: string = tmpdir()): Promise<WorkFolder> {
  await sweep(parent);
  let path: string;
  try {
    path = await mkdtemp(join(parent, `${prefix}${processSpace()}-${process.pid}-`)); // mode 0700
  } catch (error) {
    throw fileError(error, `the folder for temporary files, ${parent},`);
  }
  let count = 0;
  return {
    newPath: () => join(path, String((count += 1))),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

async function sweep(parent: string): Promise<void> {
  const space = processSpace();
  const names = await readdir(parent).catch((): string[] => []);
  for (const name of names) {
    if (!name.startsWith(`${prefix}${space}-`)) continue;
    const pid = /^([1-9][0-9]{0,9})-/.exec(name.slice(prefix.length + space.length + 1))?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    // Another user's cannot be removed, and need not be.
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Containers may share a folder and each have a process of the same number: the name tells them apart. */
function processSpace(): string {
  try {
    return /[0-9]+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0"; // no such system
  }
}
