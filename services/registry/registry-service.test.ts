import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openDatabase, sqlRegistryStore } from "#adapters/storage";
import { digestOf, parseRepositoryName, parseTag, type Digest } from "#domain/oci";
import type { BlobStore, RegistryStore } from "./ports.ts";
import { createRegistryService, type RegistryService } from "./registry-service.ts";
import { memoryBlobStore } from "./testing/index.ts";

const o = { signal: new AbortController().signal };
const web = parseRepositoryName("acme/web");
const api = parseRepositoryName("acme/api");
const day = 86_400_000;

type Shop = AsyncDisposable & {
  readonly registry: RegistryService;
  readonly blobs: BlobStore;
  readonly store: RegistryStore;
  tick(ms: number): void;
  push(text: string, repository?: typeof web): Promise<Digest>;
  pushImage(
    text: string,
    tag?: string,
  ): Promise<{ readonly manifest: Digest; readonly layer: Digest }>;
};

async function shop(): Promise<Shop> {
  let now = 10 * day;
  const clock = (): number => now;
  const database = await openDatabase(":memory:");
  const store = sqlRegistryStore(database);
  const blobs = memoryBlobStore(clock);
  const registry = createRegistryService({ blobs, store, clock });
  const push = async (text: string, repository = web): Promise<Digest> => {
    const bytes = Buffer.from(text);
    const part = { body: Readable.from([bytes]) };
    const finish = { digest: digestOf(bytes), part, by: undefined };
    return (await registry.putBlob(repository, finish, o)).digest;
  };
  return {
    registry,
    blobs,
    store,
    push,
    tick: (ms) => (now += ms),
    async pushImage(text, tag = "1") {
      const [config, layer] = [await push(`config ${text}`), await push(`layer ${text}`)];
      const mediaType = "application/vnd.oci.image.manifest.v1+json";
      const pointer = (digest: Digest, size: number): object => ({
        mediaType: "a/b",
        digest,
        size,
      });
      const bytes = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType,
          config: pointer(config, `config ${text}`.length),
          layers: [pointer(layer, `layer ${text}`.length)],
        }),
      );
      const put = { repository: web, reference: parseTag(tag), mediaType, bytes, by: undefined };
      return { manifest: (await registry.putManifest(put, o)).digest, layer };
    },
    [Symbol.asyncDispose]: () => database.destroy(),
  };
}

test("garbage collection keeps what images need and takes the rest when it is old", async () => {
  await using world = await shop();
  const { layer } = await world.pushImage("kept");
  const stray = await world.push("stray");
  const none = { expiredUploads: 0, unlinkedBlobs: 0, removedBlobs: 0 };
  expect(await world.registry.collectGarbage(o)).toEqual(none);
  world.tick(2 * day);
  const young = await world.push("young");
  expect(await world.registry.collectGarbage(o)).toEqual({
    ...none,
    unlinkedBlobs: 1,
    removedBlobs: 1,
  });
  expect(await world.blobs.size(stray, o)).toBeUndefined();
  expect(await world.blobs.size(layer, o)).toBeDefined();
  expect(await world.blobs.size(young, o)).toBeDefined();
});

test("what a deleted image had is collected, unless another repository has it too", async () => {
  await using world = await shop();
  const { manifest, layer } = await world.pushImage("gone");
  await world.registry.mountBlob({ from: web, to: api, digest: layer }, undefined, o);
  await world.registry.deleteManifest(web, manifest, undefined, o);
  world.tick(2 * day);
  await world.push("layer gone", api);
  const garbage = await world.registry.collectGarbage(o);
  expect(garbage).toMatchObject({ unlinkedBlobs: 2, removedBlobs: 1 });
  expect(await world.registry.blobSize(api, layer, o)).toBe(10);
  expect((await buffer(await world.registry.readBlob(api, layer, undefined, o))).toString()).toBe(
    "layer gone",
  );
});

test("a blob that a push was told is here is still here when its manifest comes", async () => {
  await using world = await shop();
  const { manifest, layer } = await world.pushImage("again");
  await world.registry.deleteManifest(web, manifest, undefined, o);
  world.tick(2 * day);
  expect(await world.registry.reserveBlob(web, layer, o)).toBe(11);
  await world.registry.collectGarbage(o);
  expect(await world.registry.blobSize(web, layer, o)).toBe(11);
  expect(await world.blobs.size(layer, o)).toBe(11);
});

test("uploads that stay open too long are closed", async () => {
  await using world = await shop();
  const upload = await world.registry.startUpload(web, o);
  world.tick(8 * day);
  expect(await world.registry.collectGarbage(o)).toMatchObject({ expiredUploads: 1 });
  await expect(world.registry.uploadedBytes(web, upload, o)).rejects.toMatchObject({
    code: "registry/upload-gone",
  });
});

test("a blob that is pushed again while garbage is collected is there when the push says so", async () => {
  await using world = await shop();
  for (let round = 0; round < 30; round += 1) {
    const text = `raced ${round}`;
    const digest = await world.push(text);
    world.tick(2 * day);
    const [, again] = await Promise.all([world.registry.collectGarbage(o), world.push(text)]);
    expect(again).toBe(digest);
    expect(await world.registry.blobSize(web, digest, o)).toBe(text.length);
    expect(await world.blobs.size(digest, o)).toBe(text.length);
  }
});

test("however an upload is cut into parts, and whatever fails between, the blob is the content", async () => {
  await using world = await shop();
  const anyPart = fc.record({
    bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
    mishap: fc.constantFrom("none", "twice", "gap", "long", "elsewhere"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyPart, { maxLength: 8 }), async (parts) => {
      const upload = await world.registry.startUpload(web, o);
      let start = 0;
      for (const { bytes, mishap } of parts) {
        const part = (from: number, length = bytes.length) => ({
          body: Readable.from([Buffer.from(bytes)]),
          range: { start: from, end: from + length - 1 },
        });
        const append = (where: typeof web, what: ReturnType<typeof part>): Promise<number> =>
          world.registry.appendUpload(where, upload, what, o);
        const refusals = {
          none: undefined,
          twice: undefined,
          gap: () => append(web, part(start + 1)),
          long: bytes.length < 2 ? undefined : () => append(web, part(start, bytes.length - 1)),
          elsewhere: () => append(api, part(start)),
        };
        const refused = await refusals[mishap]?.().then(
          () => "taken",
          () => "refused",
        );
        expect(refused).not.toBe("taken");
        start = await append(web, part(start));
        if (mishap === "twice")
          await expect(append(web, part(start - bytes.length))).rejects.toMatchObject({
            code: "registry/upload-offset",
            receivedBytes: start,
          });
      }
      const whole = Buffer.concat(parts.map(({ bytes }) => bytes));
      const finish = { digest: digestOf(whole), by: undefined };
      expect(await world.registry.finishUpload(web, upload, finish, o)).toEqual({
        digest: digestOf(whole),
        size: whole.length,
      });
    }),
    { numRuns: 60 },
  );
});

test("image IDs are found through an index, each once", async () => {
  await using world = await shop();
  const one = await world.pushImage("one");
  const two = await world.pushImage("two");
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const manifests = [];
  for (const { manifest } of [one, two, one]) {
    const { bytes } = await world.registry.readManifest(web, manifest, o);
    manifests.push({ mediaType: "a/b", digest: manifest, size: bytes.length });
  }
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  const put = { repository: web, reference: parseTag("all"), mediaType, bytes, by: undefined };
  const { digest } = await world.registry.putManifest(put, o);
  expect(await world.registry.imageIds(web, digest, o)).toEqual([
    digestOf(Buffer.from("config one")),
    digestOf(Buffer.from("config two")),
  ]);
  expect(await world.registry.imageIds(api, digest, o)).toEqual([]);
});

test("a failed upload of a whole blob leaves no session behind", async () => {
  await using world = await shop();
  const finish = {
    digest: digestOf(Buffer.from("right")),
    part: { body: Readable.from([Buffer.from("wrong")]), length: 5 },
    by: undefined,
  };
  await expect(world.registry.putBlob(web, finish, o)).rejects.toMatchObject({
    code: "registry/digest-differs",
  });
  expect(await world.store.uploadsStartedBefore(Number.MAX_SAFE_INTEGER, 10, o)).toEqual([]);
});
