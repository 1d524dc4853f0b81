import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { digestOf } from "#domain/oci";
import { parseUploadId, type BlobStore } from "#services/registry";
import { blobsIn, blobStoreSuite } from "#services/registry/testing";
import { openDiskBlobStore } from "./disk-blob-store.ts";

const o = { signal: new AbortController().signal };
const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "countersign-blobs-"));
  directories.push(directory);
  return directory;
}
const openIn = (directory: string): Promise<BlobStore> =>
  openDiskBlobStore({ directory, clock: () => Date.now() });

blobStoreSuite(async () => await openIn(await newDirectory()));

const upload = parseUploadId("00000000-0000-4000-8000-000000000001");
const body = (bytes: Uint8Array): Readable => Readable.from([Buffer.from(bytes)]);

test("an upload survives the store and is hashed anew", async () => {
  const directory = await newDirectory();
  const before = await openIn(directory);
  await before.begin(upload, o);
  await before.append(upload, { body: body(Buffer.from("be")), maxBytes: 10 }, o);
  const after = await openIn(directory);
  expect(await after.received(upload, o)).toBe(2);
  await after.append(upload, { body: body(Buffer.from("fore")), start: 2, maxBytes: 10 }, o);
  expect(await after.finish(upload, digestOf(Buffer.from("before")), o)).toBe(6);
});

test("an upload that nobody went on with is swept away when the store opens", async () => {
  const directory = await newDirectory();
  await (await openIn(directory)).begin(upload, o);
  const longAgo = new Date(Date.now() - 8 * 86_400_000);
  await utimes(join(directory, "uploads", upload), longAgo, longAgo);
  expect(await (await openIn(directory)).received(upload, o)).toBeUndefined();
});

test("a process killed in the middle of an upload leaves it to be gone on with, and no blob", async () => {
  const directory = await newDirectory();
  const whole = Buffer.alloc(8 * 1024 * 1024, "countersign");
  const script = join(import.meta.dirname, "testing/append-and-hang.ts");
  for (const killAfter of [1, 700_000, 5_000_000]) {
    await (await openIn(directory)).discard(upload, o);
    const child = spawn(
      process.execPath,
      ["--conditions=source", script, directory, upload, String(killAfter)],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    try {
      child.stdin.on("error", () => undefined); // it is killed while it reads
      child.stdin.write(whole);
      await once(child.stdout, "data", { signal: AbortSignal.timeout(20_000) });
    } finally {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    const store = await openIn(directory);
    expect(await blobsIn(store)).toEqual([]);
    const kept = (await store.received(upload, o)) ?? 0;
    expect(kept).toBeLessThanOrEqual(whole.length);
    await store.append(
      upload,
      { body: body(whole.subarray(kept)), start: kept, maxBytes: whole.length },
      o,
    );
    expect(await store.finish(upload, digestOf(whole), o)).toBe(whole.length);
    const isNeeded = (): Promise<boolean> => Promise.resolve(false);
    await store.remove(digestOf(whole), { storedBefore: Infinity, isNeeded }, o);
  }
  expect(await readdir(join(directory, "uploads"))).toEqual([]);
});
