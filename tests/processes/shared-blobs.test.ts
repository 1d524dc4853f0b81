import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { link, mkdtemp, readdir, rename, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { openDatabase, openDiskBlobStore, sqlRegistryStore } from "#adapters/storage";
import { digestHex, digestOf, parseRepositoryName, type Digest } from "#domain/oci";
import { createRegistryService, parseUploadId, type BlobStore } from "#services/registry";

const o = { signal: new AbortController().signal };
const clock = (): number => Date.now();
const web = parseRepositoryName("acme/web");
const isNeeded = (): Promise<boolean> => Promise.resolve(true);
let directory = "";
let child: ChildProcess | undefined;
afterEach(async () => {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  child = undefined;
  await rm(directory, { recursive: true, force: true });
});

async function opened(): Promise<BlobStore> {
  directory = await mkdtemp(join(tmpdir(), "countersign-shared-"));
  return await openDiskBlobStore({ directory: join(directory, "blobs"), clock });
}

function run(script: string, ...args: readonly string[]): ChildProcess {
  child = spawn(process.execPath, ["--conditions=source", script, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin?.on("error", () => undefined);
  return child;
}

test("garbage collection in another process never takes a blob that was acknowledged", async () => {
  const blobs = await opened();
  const database = await openDatabase(join(directory, "registry.sqlite"));
  const registry = createRegistryService({ blobs, store: sqlRegistryStore(database), clock });
  const contents = ["one", "two", "three", "four"];
  const collecting = run(join(import.meta.dirname, "collect-and-collect.ts"), directory);
  const said = text(collecting.stdout as Readable);
  await once(collecting.stdout as Readable, "data");
  const longAgo = new Date(Date.now() - 3_600_000);
  for (let round = 0; round < 150; round += 1) {
    await Promise.all(
      contents.map(async (content) => {
        const digest = digestOf(Buffer.from(content));
        const part = { body: Readable.from([Buffer.from(content)]), length: content.length };
        await registry.putBlob(web, { digest, part, by: undefined }, o);
        for (let look = 0; look < 3; look += 1)
          expect(await text(await registry.readBlob(web, digest, undefined, o))).toBe(content);
        // Garbage from here on, for the other process to take while the next round brings it again.
        await registry.deleteBlob(web, digest, o);
        await utimes(pathOf(digest), longAgo, longAgo).catch(() => undefined); // it looked before we did
      }),
    );
  }
  collecting.stdin?.end();
  await once(collecting, "exit");
  await database.destroy();
  expect(Number((await said).split("\n")[1])).toBeGreaterThan(20);
});

test("what a process left aside that ended in the middle is put back", async () => {
  const blobs = await opened();
  const upload = parseUploadId("00000000-0000-4000-8000-000000000001");
  const digest = digestOf(Buffer.from("kept"));
  await blobs.begin(upload, o);
  await blobs.append(upload, { body: Readable.from([Buffer.from("kept")]), maxBytes: 10 }, o);
  await blobs.finish(upload, digest, o);
  const aside = join(directory, "blobs/aside", digestHex(digest));
  await rename(pathOf(digest), aside);
  expect(await text(await blobs.read(digest, undefined, o))).toBe("kept");
  expect(await blobs.size(digest, o)).toBe(4);
  await blobs.recover(o);
  await link(pathOf(digest), aside); // and once more, with an upload that finished meanwhile
  await blobs.recover(o);
  expect(await readdir(join(directory, "blobs/aside"))).toEqual([]);
  expect(await blobs.remove(digest, { storedBefore: Infinity, isNeeded }, o)).toBe(false);
  expect(await text(await blobs.read(digest, undefined, o))).toBe("kept");
});

test("an upload is one process's at a time, and free again when that one is killed", async () => {
  const blobs = await opened();
  const upload = parseUploadId("00000000-0000-4000-8000-000000000002");
  const script = join(
    import.meta.dirname,
    "../../adapters/storage/blobs/testing/append-and-hang.ts",
  );
  const appending = run(script, join(directory, "blobs"), upload, "5");
  appending.stdin?.write("begin");
  await once(appending.stdout as Readable, "data", { signal: AbortSignal.timeout(20_000) });
  const busy = { code: "registry/upload-busy" };
  const body = (): Readable => Readable.from([Buffer.from("begin and end")]);
  await expect(blobs.append(upload, { body: body(), maxBytes: 99 }, o)).rejects.toMatchObject(busy);
  const digest = digestOf(Buffer.from("begin and end"));
  await expect(blobs.finish(upload, digest, o)).rejects.toMatchObject(busy);
  await expect(blobs.discard(upload, o)).rejects.toMatchObject(busy);
  appending.kill("SIGKILL");
  await once(appending, "exit");
  const kept = (await blobs.received(upload, o)) ?? 0;
  const rest = Readable.from([Buffer.from("begin and end").subarray(kept)]);
  await blobs.append(upload, { body: rest, start: kept, maxBytes: 99 }, o);
  expect(await blobs.finish(upload, digest, o)).toBe(13);
  await expect(blobs.finish(upload, digest, o)).rejects.toMatchObject({
    code: "registry/upload-gone",
  });
  expect(await readdir(join(directory, "blobs/uploads"))).toEqual([]);
});

function pathOf(digest: Digest): string {
  const hex = digestHex(digest);
  return join(directory, "blobs/sha256", hex.slice(0, 2), hex);
}
