import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { digestOf, parseManifest } from "#domain/oci";
import type { Content, ImageSource } from "#services/publisher";
import { openImage, type OpenImage } from "./index.ts";
import { defaultLimits } from "./limits.ts";
import { dockerArchive, imageOf, tar, type MadeEntry } from "./testing/index.ts";

const signal = AbortSignal.timeout(60_000);
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "countersign-images-"));
  await mkdir(join(folder, "tmp"));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
async function opened(
  bytes: Uint8Array,
  how: { name?: string; limits?: object; stream?: boolean } = {},
): Promise<OpenImage> {
  const path = join(folder, `${(count += 1)}.tar`);
  await writeFile(path, bytes);
  const from = how.stream === true ? { stream: Readable.from(pieces(bytes)) } : { path };
  const named = how.name === undefined ? {} : { name: how.name };
  const place = { signal, temporary: join(folder, "tmp"), limits: how.limits ?? {} };
  return await openImage({ kind: "docker-archive", from, ...named }, place);
}

function* pieces(bytes: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 700) yield Buffer.from(bytes.subarray(at, at + 700));
}

async function read(content: Content | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content?.open() ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function manifestOf(source: ImageSource) {
  const bytes = await read(await source.content(source.root.digest, { signal }));
  expect(digestOf(bytes)).toBe(source.root.digest);
  expect(bytes.length).toBe(source.root.bytes);
  const manifest = parseManifest(bytes, source.root.mediaType);
  if (manifest.kind !== "image") throw new Error("an index");
  return manifest;
}

test("an archive becomes a manifest with its config and its layers as gzip", async () => {
  const image = await imageOf("one", "two");
  await using open = await opened(await tar(dockerArchive(image)));
  const { source } = open;
  const { config, layers } = await manifestOf(source);
  expect(await read(await source.content(config.digest, { signal }))).toEqual(image.config);
  expect(layers).toHaveLength(2);
  for (const [at, layer] of layers.entries()) {
    const bytes = await read(await source.content(layer.digest, { signal }));
    expect(digestOf(bytes)).toBe(layer.digest);
    expect(bytes.length).toBe(layer.size);
    expect(gunzipSync(bytes)).toEqual(image.layers[at]);
  }
});

test("the same image has the same digest, however the archive comes", async () => {
  const plain = await tar(dockerArchive(await imageOf("one", "two")));
  const digests = new Set<string>();
  for (const bytes of [plain, gzipSync(plain), zstdCompressSync(plain)])
    for (const stream of [false, true]) {
      await using open = await opened(bytes, { stream });
      digests.add(open.source.root.digest);
    }
  expect(digests.size).toBe(1);
});

test("a layer that is there twice, or is a link to another, is one layer", async () => {
  const image = await imageOf("same", "same", "same");
  const entries = dockerArchive(image).map((entry): MadeEntry => {
    if (entry.name === "1/layer.tar")
      return { name: entry.name, type: "symlink", linkname: "../0/layer.tar" };
    if (entry.name === "2/layer.tar")
      return { name: entry.name, type: "link", linkname: "0/layer.tar" };
    return entry;
  });
  await using open = await opened(await tar(entries));
  const { layers } = await manifestOf(open.source);
  expect(layers).toHaveLength(3);
  expect(new Set(layers.map(({ digest }) => digest)).size).toBe(1);
});

test("layers that are packed already are unpacked to be checked", async () => {
  const image = await imageOf("one", "two");
  const packs = [gzipSync, zstdCompressSync];
  const entries = dockerArchive(image).map((entry) => {
    const at = image.layers.indexOf(entry.body as Buffer);
    return at < 0
      ? entry
      : { ...entry, body: packs[at]?.(entry.body ?? Buffer.of()) ?? Buffer.of() };
  });
  await using open = await opened(await tar(entries));
  const { layers } = await manifestOf(open.source);
  for (const [at, { digest }] of layers.entries())
    expect(gunzipSync(await read(await open.source.content(digest, { signal })))).toEqual(
      image.layers[at],
    );
});

test("of several images one has to be named, as docker names it", async () => {
  const [web, api] = [await imageOf("web"), await imageOf("api")];
  const entry = (image: typeof web, at: number, tag: string) => ({
    Config: `${at}.json`,
    RepoTags: [tag],
    Layers: [`${at}.tar`],
    image,
  });
  const both = [entry(web, 0, "acme/web:1"), entry(api, 1, "localhost:8443/acme/api:latest")];
  const archive = await tar([
    ...both.flatMap(({ Config, Layers, image }) => [
      { name: Config, body: image.config },
      { name: Layers[0] ?? "", body: image.layers[0] ?? Buffer.of() },
    ]),
    { name: "manifest.json", body: Buffer.from(JSON.stringify(both)) },
  ]);
  const names = ["acme/web:1", "localhost:8443/acme/api:latest"];
  await expect(opened(archive)).rejects.toMatchObject({ code: "images/ambiguous", names });
  await expect(opened(archive, { name: "web:1" })).rejects.toMatchObject({
    code: "images/not-found",
    names,
  });
  for (const [name, image] of [
    ["docker.io/acme/web:1", web],
    ["localhost:8443/acme/api", api],
  ] as const) {
    await using open = await opened(archive, { name });
    const { config } = await manifestOf(open.source);
    expect(config.digest).toBe(image.configDigest);
  }
});

const files = (extra: readonly MadeEntry[]) => async () =>
  await tar([...extra, ...dockerArchive(await imageOf("one"))]);
const manifestSays = (change: object) => async () =>
  await tar(
    dockerArchive(await imageOf("one"), {
      manifest: ([honest]) => [{ ...honest, ...change }],
    }),
  );
const body = Buffer.from("x");

test.for<readonly [string, string, () => Promise<Buffer>]>([
  ["a name with ..", "malformed", files([{ name: "a/../../b", body }])],
  ["an absolute name", "malformed", files([{ name: "/etc/passwd", body }])],
  ["a name of control characters", "malformed", files([{ name: "a\u0007b", body }])],
  ["a link out of it", "malformed", files([{ name: "l", type: "symlink", linkname: "../x" }])],
  ["an absolute link", "malformed", files([{ name: "l", type: "symlink", linkname: "/etc/x" }])],
  ["a hard link out of it", "malformed", files([{ name: "l", type: "link", linkname: "../../x" }])],
  ["a device", "malformed", files([{ name: "d", type: "character-device" }])],
  ["a pipe", "malformed", files([{ name: "p", type: "fifo" }])],
  ["one name twice", "malformed", files([{ name: "manifest.json", body }])],
  ["one name in two spellings", "malformed", files([{ name: "./0//layer.tar", body }])],
  ["a very long name", "malformed", files([{ name: "n".repeat(2_000), body }])],
  ["a config outside", "malformed", manifestSays({ Config: "../../etc/passwd" })],
  ["an absolute config", "malformed", manifestSays({ Config: "/etc/passwd" })],
  ["a layer outside", "malformed", manifestSays({ Layers: ["../../etc/passwd"] })],
  ["a layer that is not there", "malformed", manifestSays({ Layers: ["1/layer.tar"] })],
  ["more layers than its config", "malformed", manifestSays({ Layers: ["0/layer.tar", "x"] })],
  ["fewer layers than its config", "malformed", manifestSays({ Layers: [] })],
  ["another layer than its config", "content-differs", manifestSays({ Layers: ["manifest.json"] })],
  ["no manifest.json", "malformed", () => tar([{ name: "x", body }])],
  [
    "a manifest.json that is none",
    "malformed",
    () => tar([{ name: "manifest.json", body: Buffer.from("[{}]") }]),
  ],
  [
    "a manifest.json without end",
    "too-large",
    () => tar([{ name: "manifest.json", body: Buffer.alloc(5_000_000, " ") }]),
  ],
  [
    "links in a circle",
    "malformed",
    async () =>
      await tar([
        { name: "manifest.json", type: "symlink", linkname: "b" },
        { name: "b", type: "symlink", linkname: "manifest.json" },
      ]),
  ],
  ["nothing in it", "malformed", () => Promise.resolve(Buffer.of())],
  ["text in it", "malformed", () => Promise.resolve(Buffer.from("text ".repeat(1_000)))],
  [
    "an end that is missing",
    "malformed",
    async () => (await tar(dockerArchive(await imageOf("x".repeat(9_000))))).subarray(0, 5_000),
  ],
  [
    "broken packing",
    "malformed",
    async () => {
      const packed = gzipSync(await tar(dockerArchive(await imageOf("one"))));
      packed.fill(7, packed.length - 200, packed.length - 50);
      return packed;
    },
  ],
  [
    "packing without its end",
    "malformed",
    async () => gzipSync(await tar(dockerArchive(await imageOf("one")))).subarray(0, 200),
  ],
])("an archive with %s is refused: %s", async ([, code, make]) => {
  const bytes = await make();
  for (const stream of [false, true])
    await expect(opened(bytes, { stream })).rejects.toMatchObject({ code: `images/${code}` });
  expect(await readdir(join(folder, "tmp"))).toEqual([]);
});

/** A header alone, which promises what does not come. */
async function promising(size: number): Promise<Buffer> {
  const whole = await tar([{ name: "layer.tar", body: Buffer.alloc(10) }]);
  const header = whole.subarray(0, 512);
  if (size < 8 ** 11) header.write(size.toString(8).padStart(11, "0"), 124);
  else {
    header.fill(0, 124, 136);
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(size), 128);
  }
  header.fill(" ", 148, 156);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return whole;
}

test.for([
  [100_000_000, "images/malformed"],
  [2 ** 40, "images/too-large"],
  [2 ** 62, "images/malformed"],
] as const)("a file that says it has %s bytes is not believed: %s", async ([size, code]) => {
  await expect(opened(await promising(size))).rejects.toMatchObject({ code });
});

test("a stream that breaks off is no archive", async () => {
  const bytes = await tar(dockerArchive(await imageOf("x".repeat(9_000))));
  const reset = Object.assign(new Error("aborted"), { code: "ECONNRESET" });
  const breaking = function* (): Generator<Buffer> {
    yield bytes.subarray(0, 6_000);
    throw reset;
  };
  const from = { stream: Readable.from(breaking()) };
  const place = { signal, temporary: join(folder, "tmp") };
  await expect(openImage({ kind: "docker-archive", from }, place)).rejects.toMatchObject({
    code: "images/unreadable",
  });
  expect(await readdir(join(folder, "tmp"))).toEqual([]);
});

test("too many files are too many", async () => {
  const archive = await tar(Array.from({ length: 30 }, (_, at) => ({ name: `${at}`, body })));
  await expect(opened(archive, { limits: { maxEntries: 20 } })).rejects.toMatchObject({
    code: "images/too-large",
  });
});

test("rubbish behind an archive is not read for ever", async () => {
  const archive = await tar(dockerArchive(await imageOf("one")));
  const long = Buffer.concat([archive, Buffer.alloc(64 * 1_048_576)]);
  await expect(opened(long)).rejects.toMatchObject({ code: "images/malformed" });
});

test("what unpacks to very much more than it is, is not unpacked", async () => {
  const zeros = Buffer.alloc(40_000_000);
  const limits = { freeBytes: 1_000_000 };
  const bomb = await tar([{ name: "manifest.json", body: zeros }]);
  for (const pack of [gzipSync, zstdCompressSync])
    await expect(opened(pack(bomb), { limits })).rejects.toMatchObject({
      code: "images/too-large",
    });
  const image = await imageOf("one");
  const config = { ...JSON.parse(image.config.toString()) } as { rootfs: { diff_ids: string[] } };
  config.rootfs.diff_ids = [`sha256:${createHash("sha256").update(zeros).digest("hex")}`];
  const layer = dockerArchive({
    layers: [gzipSync(zeros)],
    config: Buffer.from(JSON.stringify(config)),
    configDigest: image.configDigest,
  });
  await expect(opened(await tar(layer), { limits })).rejects.toMatchObject({
    code: "images/too-large",
  });
  await using _fine = await opened(await tar(layer));
  expect(defaultLimits.maxExpansion).toBeLessThan(1_000);
});
