import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { digestHex, digestOf, type Digest } from "#domain/oci";
import { openImage, type ImageInput } from "./index.ts";
import { dockerArchive, imageOf, tar, type MadeEntry } from "./testing/index.ts";

const signal = AbortSignal.timeout(60_000);
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";
let folder = "";
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "countersign-layouts-"));
  await mkdir(join(folder, "tmp"));
});
afterAll(() => rm(folder, { recursive: true }));

type Pointer = { mediaType: string; digest: Digest; size: number; [more: string]: unknown };
type Files = Map<string, Buffer>;
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function put(files: Files, bytes: Buffer, mediaType: string): Pointer {
  const digest = digestOf(bytes);
  files.set(`blobs/sha256/${digestHex(digest)}`, bytes);
  return { mediaType, digest, size: bytes.length };
}

/** A layout of one image for each name; each with one layer. */
async function layout(...names: readonly string[]): Promise<{ files: Files; images: Pointer[] }> {
  const files: Files = new Map();
  const images: Pointer[] = [];
  for (const name of names) {
    const made = await imageOf(`layer of ${name}`);
    const layer = gzipSync(made.layers[0] ?? Buffer.of());
    const manifest = json({
      schemaVersion: 2,
      mediaType: manifestType,
      config: put(files, made.config, "application/vnd.oci.image.config.v1+json"),
      layers: [put(files, layer, "application/vnd.oci.image.layer.v1.tar+gzip")],
    });
    const annotations = { "org.opencontainers.image.ref.name": name };
    images.push({ ...put(files, manifest, manifestType), annotations });
  }
  files.set("oci-layout", json({ imageLayoutVersion: "1.0.0" }));
  files.set("index.json", json({ schemaVersion: 2, manifests: images }));
  return { files, images };
}

const entries = (files: Files): readonly MadeEntry[] =>
  [...files].map(([name, body]) => ({ name, body }));

async function asFolder(files: Files): Promise<string> {
  const path = join(folder, `${(count += 1)}`);
  await mkdir(join(path, "blobs/sha256"), { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(path, name), bytes);
  return path;
}

async function asArchive(files: Files, more: readonly MadeEntry[] = []): Promise<string> {
  const path = join(folder, `${(count += 1)}.tar`);
  await writeFile(path, await tar([...entries(files), ...more]));
  return path;
}

async function both(files: Files, name?: string): Promise<readonly ImageInput[]> {
  const named = name === undefined ? {} : { name };
  return [
    { kind: "oci-folder", path: await asFolder(files), ...named },
    { kind: "oci-archive", from: { path: await asArchive(files) }, ...named },
  ];
}

const open = (input: ImageInput) => openImage(input, { signal, temporary: join(folder, "tmp") });

test("the only image, or the named one, is read as it is", async () => {
  const { files, images } = await layout("1", "2");
  const [one, two] = images;
  for (const input of await both(files))
    await expect(open(input)).rejects.toMatchObject({
      code: "images/ambiguous",
      names: ["1", "2"],
    });
  for (const input of await both(files, "3"))
    await expect(open(input)).rejects.toMatchObject({ code: "images/not-found" });
  for (const input of await both(files, "2")) {
    await using opened = await open(input);
    const { source } = opened;
    expect(source.root).toEqual({ digest: two?.digest, bytes: two?.size, mediaType: manifestType });
    expect(await source.content(two?.digest as Digest, { signal })).toMatchObject({
      bytes: two?.size,
    });
    expect(await source.content(digestOf(Buffer.from("none")), { signal })).toBeUndefined();
  }
  expect(one?.digest).not.toBe(two?.digest);
});

const index = (change: (image: Pointer) => unknown) => (files: Files, image: Pointer) =>
  void files.set("index.json", json({ schemaVersion: 2, manifests: [change(image)] }));

test.for<readonly [string, string, (files: Files, image: Pointer) => void]>([
  ["says nothing of being one", "malformed", (files) => void files.delete("oci-layout")],
  ["has no index", "malformed", (files) => void files.delete("index.json")],
  [
    "is of another version",
    "malformed",
    (files) => void files.set("oci-layout", json({ imageLayoutVersion: "2.0.0" })),
  ],
  [
    "has an index that is no JSON",
    "malformed",
    (files) => void files.set("index.json", Buffer.of(123)),
  ],
  [
    "has an index with a member twice",
    "malformed",
    (files) =>
      void files.set(
        "index.json",
        Buffer.from('{"schemaVersion":2,"manifests":[],"manifests":[]}'),
      ),
  ],
  [
    "has an index of megabytes",
    "too-large",
    (files) => void files.set("index.json", Buffer.alloc(5_000_000, " ")),
  ],
  [
    "has no image",
    "not-found",
    (files) => void files.set("index.json", json({ schemaVersion: 2, manifests: [] })),
  ],
  [
    "has a digest that leads out of it",
    "malformed",
    index((image) => ({ ...image, digest: "sha256:../../../../etc/passwd" })),
  ],
  [
    "has a digest of another kind",
    "malformed",
    index((image) => ({ ...image, digest: `md5:${"0".repeat(32)}` })),
  ],
  ["has a negative size", "malformed", index((image) => ({ ...image, size: -1 }))],
  [
    "names something that is no image",
    "malformed",
    index((image) => ({ ...image, mediaType: "text/plain" })),
  ],
])("a layout that %s is refused: %s", async ([, code, change]) => {
  const { files, images } = await layout("1");
  change(files, images[0] as Pointer);
  for (const input of await both(files))
    await expect(open(input)).rejects.toMatchObject({ code: `images/${code}` });
  expect(await readdir(join(folder, "tmp"))).toEqual([]);
});

test("pipes and folders in place of files are not read, nor waited for", async () => {
  const { files } = await layout("1");
  const path = await asFolder(files);
  await rm(join(path, "index.json"));
  expect(spawnSync("sh", ["-c", `mkfifo '${join(path, "index.json")}'`]).status).toBe(0);
  await expect(open({ kind: "oci-folder", path })).rejects.toMatchObject({
    code: "images/malformed",
  });
  await rm(join(path, "index.json"));
  await symlink(path, join(path, "index.json"));
  await expect(open({ kind: "oci-folder", path })).rejects.toMatchObject({
    code: "images/malformed",
  });
  await expect(open({ kind: "oci-folder", path: join(folder, "nowhere") })).rejects.toMatchObject({
    code: "images/malformed",
  });
  for (const at of [join(folder, "nowhere"), path])
    await expect(open({ kind: "oci-archive", from: { path: at } })).rejects.toMatchObject({
      code: "images/unreadable",
    });
});

test("what an engine gives that keeps images as a registry does, stays what it is", async () => {
  const { files, images } = await layout("latest");
  const made = await imageOf("layer of latest");
  const [image] = images;
  const platform = { os: "linux", architecture: "amd64" };
  const unknown = { os: "unknown", architecture: "unknown" };
  const absent = { mediaType: manifestType, digest: digestOf(Buffer.from("absent")), size: 6 };
  const engine = async (root: Pointer) => {
    files.set("index.json", json({ schemaVersion: 2, manifests: [root] }));
    const path = await asArchive(files, dockerArchive(made));
    return await open({ kind: "engine-archive", from: { path } });
  };
  const indexOf = (...manifests: readonly object[]): Pointer =>
    put(files, json({ schemaVersion: 2, mediaType: indexType, manifests }), indexType);

  const whole = indexOf({ ...image, platform });
  const partly = indexOf({ ...image, platform }, { ...absent, platform: unknown }, absent);
  const nothing = indexOf(absent);
  for (const [root, digest] of [
    [image, image?.digest],
    [whole, whole.digest],
    [partly, image?.digest],
  ] as const) {
    await using opened = await engine(root as Pointer);
    expect(opened.source.root.digest).toBe(digest);
  }
  // What is not there as a registry would keep it, is made from what docker save has always given.
  await using opened = await engine(nothing);
  expect(opened.source.root.mediaType).toContain("docker");
});

test("layers that an engine keeps unpacked are compressed", async () => {
  const files: Files = new Map();
  const made = await imageOf("one");
  const layer = put(files, made.layers[0] ?? Buffer.of(), "application/vnd.oci.image.layer.v1.tar");
  const config = put(files, made.config, "application/vnd.oci.image.config.v1+json");
  const manifest = json({ schemaVersion: 2, mediaType: manifestType, config, layers: [layer] });
  const root = put(files, manifest, manifestType);
  const nameOf = ({ digest }: Pointer): string => `blobs/sha256/${digestHex(digest)}`;
  files.set("oci-layout", json({ imageLayoutVersion: "1.0.0" }));
  files.set("index.json", json({ schemaVersion: 2, manifests: [root] }));
  files.set("manifest.json", json([{ Config: nameOf(config), Layers: [nameOf(layer)] }]));
  const path = await asArchive(files);
  await using opened = await open({ kind: "engine-archive", from: { path } });
  expect(opened.source.root.mediaType).toContain("docker");
  expect(await opened.source.content(layer.digest, { signal })).toBeUndefined();
});
