import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { digestOf, parseRepositoryName, parseTag, type Digest } from "#domain/oci";
import { publishImage, type ImageSource, type PublishProgress } from "./index.ts";
import { memoryRegistry } from "./testing/index.ts";

const o = { signal: AbortSignal.timeout(60_000) };
const target = { repository: parseRepositoryName("acme/web"), tag: parseTag("1") };
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";

type Pointer = { mediaType: string; digest: Digest; size: number };
type Made = { readonly contents: Map<Digest, Buffer>; readonly root: Pointer };

function put(contents: Map<Digest, Buffer>, bytes: Buffer, mediaType: string): Pointer {
  const digest = digestOf(bytes);
  contents.set(digest, bytes);
  return { mediaType, digest, size: bytes.length };
}

const document = (value: object): Buffer =>
  Buffer.from(JSON.stringify({ schemaVersion: 2, ...value }));

function image(layers: number, change: (manifest: Record<string, unknown>) => object = (m) => m) {
  const contents = new Map<Digest, Buffer>();
  const pointers = Array.from({ length: layers }, () =>
    put(contents, randomBytes(50_000), "application/vnd.oci.image.layer.v1.tar+gzip"),
  );
  const config = put(contents, randomBytes(100), "application/vnd.oci.image.config.v1+json");
  const bytes = document(change({ mediaType: manifestType, config, layers: pointers }));
  return { contents, root: put(contents, bytes, manifestType), layers: pointers };
}

function source({ contents, root }: Made): ImageSource {
  return {
    root: { digest: root.digest, bytes: root.size, mediaType: root.mediaType as typeof indexType },
    content: (digest) => {
      const bytes = contents.get(digest);
      const open = (): Readable => Readable.from(pieces(bytes ?? Buffer.of()));
      return Promise.resolve(bytes === undefined ? undefined : { bytes: bytes.length, open });
    },
  };
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}

test("an image arrives whole, its tag last, and says how far it is", async () => {
  const made = image(6);
  const registry = memoryRegistry();
  const seen: PublishProgress[] = [];
  const published = await publishImage(
    { source: source(made), registry },
    { ...target, onProgress: (progress) => void seen.push(progress) },
    o,
  );
  expect(published).toMatchObject({
    digest: made.root.digest,
    length: made.root.size,
    blobs: { pushed: 7, mounted: 0, present: 0 },
    sentBytes: 300_100,
  });
  expect(registry.blobs).toHaveLength(7);
  expect(registry.tags.get("1")).toBe(made.root.digest);
  expect(seen.at(-1)).toEqual({ blobs: 7, allBlobs: 7, bytes: 300_100, allBytes: 300_100 });
  const again = await publishImage({ source: source(made), registry }, target, o);
  expect(again).toMatchObject({ blobs: { pushed: 0, present: 7 }, sentBytes: 0 });
});

test("after an interruption only what is missing is sent, and no tag was seen before", async () => {
  const made = image(8);
  const registry = memoryRegistry();
  registry.failAfter = 3;
  await expect(publishImage({ source: source(made), registry }, target, o)).rejects.toThrow(
    "the registry is gone",
  );
  expect(registry.tags.size + registry.manifests.size).toBe(0);
  const there = registry.blobs.size;
  expect(there).toBeGreaterThanOrEqual(3);
  registry.failAfter = Number.POSITIVE_INFINITY;
  const published = await publishImage({ source: source(made), registry }, target, o);
  expect(published.blobs).toEqual({ pushed: 9 - there, mounted: 0, present: there });
});

test("what another repository has is taken over", async () => {
  const made = image(3);
  const registry = memoryRegistry();
  const api = parseRepositoryName("acme/api");
  for (const { digest } of made.layers.slice(1)) registry.elsewhere.add(`acme/api ${digest}`);
  const mountFrom = [parseRepositoryName("acme/other"), api];
  const published = await publishImage(
    { source: source(made), registry },
    { ...target, mountFrom },
    o,
  );
  expect(published.blobs).toEqual({ pushed: 2, mounted: 2, present: 0 });
});

test("an index goes with all its manifests, each before those that name it", async () => {
  const [one, two] = [image(1), image(2)];
  const contents = new Map([...one.contents, ...two.contents]);
  const inner = put(contents, document({ mediaType: indexType, manifests: [two.root] }), indexType);
  const bytes = document({ mediaType: indexType, manifests: [one.root, inner, one.root] });
  const registry = memoryRegistry();
  const made = { contents, root: put(contents, bytes, indexType) };
  await publishImage({ source: source(made), registry }, target, o);
  expect([...registry.manifests.keys()]).toEqual([
    one.root.digest,
    two.root.digest,
    inner.digest,
    made.root.digest,
  ]);
});

test("layers that live elsewhere are not sent", async () => {
  const made = image(2);
  const foreign = {
    mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    digest: digestOf(Buffer.from("elsewhere")),
    size: 9,
  };
  const with3 = image(2, (m) => ({ ...m, layers: [...(m["layers"] as Pointer[]), foreign] }));
  const registry = memoryRegistry();
  await publishImage({ source: source(with3), registry }, target, o);
  expect(registry.blobs.size).toBe(made.contents.size - 1);
});

const lies: readonly (readonly [string, string, () => Made])[] = [
  ["lacks a layer", "content-missing", () => without(image(2), (made) => made.layers[0])],
  ["lacks its manifest", "content-missing", () => without(image(2), (made) => made.root)],
  ["has a layer of other bytes", "content-differs", () => replaced(image(2), 50_000)],
  ["has a layer of another size", "content-differs", () => replaced(image(2), 49_999)],
  [
    "has a manifest of other bytes",
    "content-differs",
    () => {
      const made = image(1);
      made.contents.set(made.root.digest, Buffer.alloc(made.root.size, " "));
      return made;
    },
  ],
  [
    "has an index that lies about a size",
    "content-differs",
    () => indexOf(image(1), (root) => ({ ...root, size: root.size + 1 })),
  ],
  [
    "says of a layer that it has two sizes",
    "content-differs",
    () =>
      image(1, (manifest) => {
        const [layer] = manifest["layers"] as [Pointer];
        return { ...manifest, layers: [layer, { ...layer, size: layer.size + 1 }] };
      }),
  ],
  [
    "has a manifest that is one thing to some and another to others",
    "manifest-invalid",
    () => image(1, (manifest) => ({ ...manifest, manifests: [] })),
  ],
  [
    "has an index that names no manifest",
    "manifest-invalid",
    () => indexOf(image(1), (root) => ({ ...root, mediaType: "application/octet-stream" })),
  ],
  [
    "has a manifest of gigabytes",
    "image-too-large",
    () => indexOf(image(1), (root) => ({ ...root, size: 2 ** 40 })),
  ],
  [
    "has indexes without end",
    "image-too-large",
    () => {
      let made: Made = image(1);
      for (let depth = 0; depth < 6; depth += 1) made = indexOf(made, (root) => root);
      return made;
    },
  ],
];

test.for(lies)("an image that %s is not tagged: %s", async ([, code, make]) => {
  const registry = memoryRegistry();
  await expect(publishImage({ source: source(make()), registry }, target, o)).rejects.toMatchObject(
    { code: `publisher/${code}` },
  );
  expect(registry.manifests.size + registry.tags.size).toBe(0);
});

function without(
  made: ReturnType<typeof image>,
  which: (made: ReturnType<typeof image>) => Pointer | undefined,
): Made {
  made.contents.delete(which(made)?.digest ?? made.root.digest);
  return made;
}

function replaced(made: ReturnType<typeof image>, bytes: number): Made {
  made.contents.set(made.layers[0]?.digest ?? made.root.digest, randomBytes(bytes));
  return made;
}

function indexOf({ contents, root }: Made, change: (root: Pointer) => Pointer): Made {
  const bytes = document({ mediaType: indexType, manifests: [change(root)] });
  return { contents, root: put(contents, bytes, indexType) };
}

test("a push that is called off ends", async () => {
  const registry = memoryRegistry();
  const end = new AbortController();
  const reason = new Error("called off");
  registry.onPush = () => end.abort(reason);
  await expect(
    publishImage({ source: source(image(4)), registry }, target, { signal: end.signal }),
  ).rejects.toBe(reason);
  expect(registry.tags.size).toBe(0);
});
