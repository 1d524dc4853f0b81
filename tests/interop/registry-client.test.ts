import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createRegistryClient, type BlobToPush, type RegistryClient } from "#adapters/remotes";
import { digestOf, parseReference, parseRepositoryName, parseTag } from "#domain/oci";
import {
  passwords,
  registryWorld,
  smallImage,
  type RegistryWorld,
} from "../../faces/registry/testing/registry-world.ts";
import { startDockerRegistry } from "../harness/docker-registry.ts";
import { missing } from "../harness/peers.ts";

const o = { signal: AbortSignal.timeout(120_000) };
const web = parseRepositoryName("acme/web");
const api = parseRepositoryName("acme/api");
const tag = parseTag("1.0");
const mediaType = "application/vnd.oci.image.manifest.v1+json";

async function connect(
  { host, certificateFile }: RegistryWorld,
  username?: string,
): Promise<RegistryClient & { readonly questions: () => number }> {
  let questions = 0;
  const ca = await readFile(certificateFile, "utf8");
  const client = createRegistryClient(
    {
      url: `https://${host}`,
      tls: { ca },
      credentials: () => {
        questions += 1;
        const password = passwords.get(username ?? "");
        const isSomebody = username !== undefined && password !== undefined;
        return Promise.resolve(isSomebody ? { username, password } : undefined);
      },
    },
    { clock: Date.now, actions: username === "alice" ? "pull,push" : "pull" },
  );
  return { ...client, questions: () => questions };
}

function blobOf(bytes: Uint8Array, progress?: (sent: number) => void): BlobToPush {
  const open = (): Readable => Readable.from([Buffer.from(bytes)]);
  const blob = { digest: digestOf(bytes), bytes: bytes.length, open };
  return progress === undefined ? blob : { ...blob, progress };
}

test("an image is pushed blob by blob, tagged, and found again by tag and digest", async () => {
  await using world = await registryWorld();
  const alice = await connect(world, "alice");
  const { blobs, manifest, digest } = smallImage();
  for (const bytes of blobs) {
    expect(await alice.hasBlob(web, digestOf(bytes), o)).toBe(false);
    await alice.pushBlob(web, blobOf(bytes), o);
    expect(await alice.hasBlob(web, digestOf(bytes), o)).toBe(true);
  }
  const pushed = { tag, mediaType, bytes: manifest } as const;
  expect(await alice.pushManifest(web, pushed, o)).toBe(digest);
  expect(alice.questions()).toBe(1);

  const bob = await connect(world, "bob");
  const found = await bob.resolve(parseReference(`${world.host}/acme/web:1.0`), o);
  expect(found).toMatchObject({ digest, length: manifest.length, mediaType });
  expect(await bob.manifest(web, digest, o)).toEqual(found);
  expect(await bob.resolve(parseReference(`${world.host}/acme/web:2.0`), o)).toBeUndefined();
  expect(bob.questions()).toBe(1);
  const nobody = await connect(world);
  await expect(nobody.manifest(web, digest, o)).rejects.toMatchObject({
    code: "remotes/not-authorized",
  });
  await Promise.all([alice, bob, nobody].map((client) => client.close()));
});

test("a blob is taken over from a repository of the same registry, where it is there", async () => {
  await using world = await registryWorld();
  const alice = await connect(world, "alice");
  const bytes = Buffer.from("a layer");
  const digest = digestOf(bytes);
  expect(await alice.mountBlob(api, { digest, from: web }, o)).toBe(false);
  await alice.pushBlob(web, blobOf(bytes), o);
  expect(await alice.mountBlob(api, { digest, from: web }, o)).toBe(true);
  expect(await alice.hasBlob(api, digest, o)).toBe(true);
  await alice.close();
});

test("a large blob goes in a stream, and says how far it is", async () => {
  await using world = await registryWorld();
  const alice = await connect(world, "alice");
  const [piece, pieces] = [randomBytes(1_048_576), 24];
  const hash = createHash("sha256");
  for (let at = 0; at < pieces; at += 1) hash.update(piece);
  const seen: number[] = [];
  const blob: BlobToPush = {
    digest: `sha256:${hash.digest("hex")}` as BlobToPush["digest"],
    bytes: piece.length * pieces,
    open: () => Readable.from(Array.from({ length: pieces }, () => piece)),
    progress: (bytes) => void seen.push(bytes),
  };
  await alice.pushBlob(web, blob, o);
  expect(seen).toHaveLength(pieces);
  expect(seen.at(-1)).toBe(blob.bytes);
  expect(await alice.hasBlob(web, blob.digest, o)).toBe(true);
  await alice.close();
});

test("what is not as announced is not pushed", async () => {
  await using world = await registryWorld();
  const alice = await connect(world, "alice");
  const bytes = Buffer.from("a layer");
  const good = blobOf(bytes);
  for (const [code, wrong] of [
    ["remotes/content-differs", { bytes: bytes.length + 1 }],
    ["remotes/content-differs", { bytes: bytes.length - 1 }],
    ["remotes/answer-unexpected", { digest: digestOf(Buffer.from("another")) }],
    ["remotes/content-unreadable", { open: () => Readable.from(failing()) }],
  ] as const)
    await expect(alice.pushBlob(web, { ...good, ...wrong }, o)).rejects.toMatchObject({ code });
  expect(await alice.hasBlob(web, good.digest, o)).toBe(false);
  await alice.pushBlob(web, good, o);
  await alice.close();
});

async function* failing(): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from("a l"));
  throw new Error("the disk is gone");
}

test.skipIf(missing("docker-registry"))("Debian's registry takes and gives the same", async () => {
  await using at = await startDockerRegistry();
  const client = createRegistryClient(
    { url: at.url, allowPlainHttp: true },
    { clock: Date.now, actions: "pull,push" },
  );
  const { blobs, manifest, digest } = smallImage();
  for (const bytes of blobs) {
    expect(await client.hasBlob(web, digestOf(bytes), o)).toBe(false);
    await client.pushBlob(web, blobOf(bytes), o);
    expect(await client.hasBlob(web, digestOf(bytes), o)).toBe(true);
    expect(await client.mountBlob(api, { digest: digestOf(bytes), from: web }, o)).toBe(true);
  }
  const absent = digestOf(Buffer.from("absent"));
  expect(await client.mountBlob(api, { digest: absent, from: web }, o)).toBe(false);
  expect(await client.pushManifest(web, { tag, mediaType, bytes: manifest }, o)).toBe(digest);
  const host = new URL(at.url).host;
  const found = await client.resolve(parseReference(`${host}/acme/web:1.0`), o);
  expect(found).toMatchObject({ digest, length: manifest.length, mediaType });
  expect(await client.resolve(parseReference(`${host}/acme/none:1.0`), o)).toBeUndefined();
  const orphan = { mediaType, bytes: smallImage("not pushed").manifest } as const;
  await expect(client.pushManifest(web, orphan, o)).rejects.toMatchObject({
    code: "remotes/answer-unexpected",
    status: 400,
  });
  await client.close();
});
