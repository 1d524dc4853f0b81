import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf, type Digest } from "#domain/oci";
import type { BlobStore } from "../ports.ts";
import { newUploadId, type UploadId } from "../upload-id.ts";

const o = { signal: new AbortController().signal };
const maxBytes = 1_000_000;
const bytes = (text: string): Buffer => Buffer.from(text);
const body = (...parts: readonly (string | Uint8Array)[]): Readable =>
  Readable.from(parts.map((part) => Buffer.from(part)));

/** All that `store` lists. */
export async function blobsIn(store: BlobStore): Promise<readonly StoredBlob[]> {
  const all: StoredBlob[] = [];
  for await (const blob of store.list(o)) all.push(blob);
  return all;
}
type StoredBlob = { readonly digest: Digest; readonly storedAt: number };

/** What every `BlobStore` promises. `open` gives a store that nobody else uses. */
export function blobStoreSuite(open: () => Promise<BlobStore>): void {
  async function begun(store: BlobStore, ...parts: readonly string[]): Promise<UploadId> {
    const upload = newUploadId();
    await store.begin(upload, o);
    if (parts.length > 0) await store.append(upload, { body: body(...parts), maxBytes }, o);
    return upload;
  }

  async function stored(store: BlobStore, text: string): Promise<Digest> {
    const upload = await begun(store, text);
    await store.finish(upload, digestOf(bytes(text)), o);
    return digestOf(bytes(text));
  }

  test("what goes in in parts comes out whole", async () => {
    const store = await open();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 6 }),
        async (parts) => {
          const upload = await begun(store);
          let start = 0;
          for (const part of parts) {
            const kept = await store.append(upload, { body: body(part), start, maxBytes }, o);
            expect(kept).toBe(start + part.length);
            start = kept;
          }
          const whole = Buffer.concat(parts);
          expect(await store.finish(upload, digestOf(whole), o)).toBe(whole.length);
          expect(await buffer(await store.read(digestOf(whole), undefined, o))).toEqual(whole);
        },
      ),
      { numRuns: 20 },
    );
  });

  test("a blob is not there before it is finished and no upload after it", async () => {
    const store = await open();
    const digest = digestOf(bytes("hello"));
    const upload = await begun(store, "hello");
    expect(await store.size(digest, o)).toBeUndefined();
    await store.finish(upload, digest, o);
    expect(await store.size(digest, o)).toBe(5);
    expect(await store.received(upload, o)).toBeUndefined();
    await expect(store.append(upload, { body: body("x"), maxBytes }, o)).rejects.toMatchObject({
      code: "registry/upload-gone",
    });
    await expect(store.finish(upload, digest, o)).rejects.toMatchObject({
      code: "registry/upload-gone",
    });
  });

  test("content that differs from its digest is thrown away", async () => {
    const store = await open();
    const digest = digestOf(bytes("hello"));
    const upload = await begun(store, "hellO");
    await expect(store.finish(upload, digest, o)).rejects.toMatchObject({
      code: "registry/digest-differs",
    });
    expect(await store.size(digest, o)).toBeUndefined();
    expect(await store.received(upload, o)).toBeUndefined();
  });

  test("a part that begins elsewhere is refused and says where to begin", async () => {
    const store = await open();
    const upload = await begun(store, "abc");
    for (const start of [0, 2, 4])
      await expect(
        store.append(upload, { body: body("x"), start, maxBytes }, o),
      ).rejects.toMatchObject({ code: "registry/upload-offset", receivedBytes: 3 });
    expect(await store.received(upload, o)).toBe(3);
  });

  test("a part beyond its limit is undone", async () => {
    const store = await open();
    const upload = await begun(store, "abc");
    await expect(
      store.append(upload, { body: body("defg", "hij"), maxBytes: 6 }, o),
    ).rejects.toMatchObject({ code: "registry/blob-too-large" });
    expect(await store.received(upload, o)).toBe(3);
    await store.append(upload, { body: body("def"), maxBytes: 3 }, o);
    expect(await store.finish(upload, digestOf(bytes("abcdef")), o)).toBe(6);
  });

  test("an upload goes on from what came before the stream broke off", async () => {
    const store = await open();
    const upload = await begun(store, "abc");
    const broken = Readable.from(
      (async function* () {
        yield bytes("def");
        yield await Promise.reject(new Error("the line went dead"));
      })(),
    );
    await expect(store.append(upload, { body: broken, maxBytes }, o)).rejects.toThrowError(
      "the line went dead",
    );
    const kept = (await store.received(upload, o)) ?? 0;
    expect("abcdef".slice(0, kept)).toMatch(/^abc/);
    await store.append(upload, { body: body("abcdefghi".slice(kept)), start: kept, maxBytes }, o);
    expect(await store.finish(upload, digestOf(bytes("abcdefghi")), o)).toBe(9);
  });

  test("two parts at once are not mixed: one of them is refused", async () => {
    const store = await open();
    const upload = await begun(store);
    const slow = new Readable({ read: () => undefined });
    const first = store.append(upload, { body: slow, maxBytes }, o);
    slow.push(bytes("first"));
    await expect(store.append(upload, { body: body("second"), maxBytes }, o)).rejects.toMatchObject(
      { code: "registry/upload-busy" },
    );
    await expect(store.finish(upload, digestOf(bytes("first")), o)).rejects.toMatchObject({
      code: "registry/upload-busy",
    });
    slow.push(null);
    expect(await first).toBe(5);
    await store.finish(upload, digestOf(bytes("first")), o);
  });

  test("an append that is called off ends, and the upload goes on", async () => {
    const store = await open();
    const upload = await begun(store);
    const stop = new AbortController();
    const slow = new Readable({ read: () => undefined });
    slow.push(bytes("begin"));
    const append = store.append(upload, { body: slow, maxBytes }, { signal: stop.signal });
    stop.abort(new Error("called off"));
    slow.push(bytes("more"));
    await expect(append).rejects.toThrowError(/called off|abort/);
    const kept = (await store.received(upload, o)) ?? 0;
    await store.append(upload, { body: body("beginning".slice(kept)), start: kept, maxBytes }, o);
    await store.finish(upload, digestOf(bytes("beginning")), o);
  });

  test("two uploads may finish the same blob", async () => {
    const store = await open();
    const digest = digestOf(bytes("same"));
    const uploads = [await begun(store, "same"), await begun(store, "same")];
    await Promise.all(uploads.map((upload) => store.finish(upload, digest, o)));
    expect((await buffer(await store.read(digest, undefined, o))).toString()).toBe("same");
  });

  test("a discarded upload is gone, and discarding twice is no error", async () => {
    const store = await open();
    const upload = await begun(store, "abc");
    await store.discard(upload, o);
    await store.discard(upload, o);
    expect(await store.received(upload, o)).toBeUndefined();
  });

  test("a range is read from its first to its last byte", async () => {
    const store = await open();
    const digest = await stored(store, "0123456789");
    const part = await store.read(digest, { start: 2, end: 5 }, o);
    expect((await buffer(part)).toString()).toBe("2345");
  });

  test("blobs are listed with their age until they are removed", async () => {
    const store = await open();
    const digests = [await stored(store, "one"), await stored(store, "two")];
    const listed = await blobsIn(store);
    expect(new Set(listed.map(({ digest }) => digest))).toEqual(new Set(digests));
    expect(listed.every(({ storedAt }) => storedAt > 0)).toBe(true);
    const [one, two] = digests as [Digest, Digest];
    const isNeeded = (): Promise<boolean> => Promise.resolve(false);
    const isFound = (): Promise<boolean> => Promise.resolve(true);
    expect(await store.remove(one, { storedBefore: 1, isNeeded }, o)).toBe(false);
    expect(await store.remove(two, { storedBefore: Infinity, isNeeded: isFound }, o)).toBe(false);
    expect(await store.size(one, o)).toBe(3);
    expect(await store.size(two, o)).toBe(3);
    for (const digest of digests)
      expect(await store.remove(digest, { storedBefore: Infinity, isNeeded }, o)).toBe(true);
    expect(await store.remove(one, { storedBefore: Infinity, isNeeded }, o)).toBe(false);
    expect(await blobsIn(store)).toEqual([]);
    await expect(store.read(digestOf(bytes("one")), undefined, o)).rejects.toMatchObject({
      code: "registry/blob-unknown",
    });
  });
}
