import { Readable } from "node:stream";
import { expect, test } from "vitest";
import {
  digestOf,
  maxManifestBytes,
  parseReference,
  parseRegistryHost,
  parseRepositoryName,
} from "#domain/oci";
import { createRegistryClient, registryUrl, type RegistryClient } from "./registry-client.ts";
import { answeringServer, type AnsweringServer, type Handler } from "./testing/index.ts";

const o = { signal: AbortSignal.timeout(60_000) };
const web = parseRepositoryName("acme/web");
const reference = parseReference("registry.test/acme/web:1.0");
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const manifest = Buffer.from(`{"schemaVersion":2}`);
const digest = digestOf(manifest);
const secret = { username: "alice", password: "a-secret-word" };

type World = AsyncDisposable & {
  readonly server: AnsweringServer;
  readonly registry: RegistryClient;
};

async function world(): Promise<World> {
  const server = await answeringServer();
  const registry = createRegistryClient(
    { url: server.url, tls: { ca: server.caPem }, credentials: () => Promise.resolve(secret) },
    {
      clock: Date.now,
      limits: { answerMs: 1_000, changeMs: 1_000, restMs: 0 },
      actions: "pull,push",
    },
  );
  return {
    ...{ server, registry },
    async [Symbol.asyncDispose]() {
      await registry.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const answering =
  (headers: Readonly<Record<string, string>>, body: Uint8Array = manifest, status = 200): Handler =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

test("a manifest is what its own bytes say", async () => {
  await using here = await world();
  here.server.answer = answering({ "content-type": `${mediaType}; charset=utf-8` });
  const found = { digest, length: manifest.length, mediaType, bytes: manifest };
  expect(await here.registry.resolve(reference, o)).toEqual(found);
  expect(await here.registry.manifest(web, digest, o)).toEqual(found);
  expect(await here.registry.resolve({ ...reference, digest }, o)).toEqual(found);
  expect(here.server.asked).toEqual([
    "GET /v2/acme/web/manifests/1.0",
    `GET /v2/acme/web/manifests/${digest}`,
    `GET /v2/acme/web/manifests/${digest}`,
  ]);
});

const other = digestOf(Buffer.from("other"));
const type = { "content-type": mediaType };
test.for<readonly [string, string, Handler]>([
  [
    "names another digest",
    "content-differs",
    answering({ ...type, "docker-content-digest": other }),
  ],
  ["gives a page to read", "answer-unexpected", answering({ "content-type": "text/html" })],
  ["does not say what it is", "answer-unexpected", answering({})],
  ["never ends", "content-too-large", answering(type, Buffer.alloc(maxManifestBytes + 1))],
  ["sends elsewhere", "answer-unexpected", answering({ location: "/elsewhere" }, manifest, 307)],
  ["is broken", "answer-unexpected", answering(type, manifest, 500)],
  ["refuses", "not-authorized", answering(type, manifest, 403)],
  ["asks for something else", "challenge-unknown", answering(type, manifest, 401)],
])("a registry that %s gives no manifest: %s", async ([, code, answer]) => {
  await using here = await world();
  here.server.answer = answer;
  await expect(here.registry.resolve(reference, o)).rejects.toMatchObject({
    code: `remotes/${code}`,
  });
  here.server.answer = answering({}, manifest, 404);
  expect(await here.registry.resolve(reference, o)).toBeUndefined();
});

test("what was asked for by its digest is that, or nothing", async () => {
  await using here = await world();
  here.server.answer = answering({ ...type, "docker-content-digest": other });
  await expect(here.registry.manifest(web, other, o)).rejects.toMatchObject({
    code: "remotes/content-differs",
  });
});

test("the code of an error is said, and nothing else of it", async () => {
  await using here = await world();
  const body = { errors: [{ code: "TAG_IMMUTABLE", message: "a-secret \u001b[31m" }] };
  here.server.answer = answering({}, Buffer.from(JSON.stringify(body)), 400);
  await expect(
    here.registry.pushManifest(web, { mediaType, bytes: manifest }, o),
  ).rejects.toMatchObject({
    code: "remotes/answer-unexpected",
    status: 400,
    message: "the registry answered 400 (TAG_IMMUTABLE)",
  });
});

test("a pushed manifest that the registry calls something else is not taken for pushed", async () => {
  await using here = await world();
  here.server.answer = answering({ "docker-content-digest": other }, manifest, 201);
  await expect(
    here.registry.pushManifest(web, { mediaType, bytes: manifest }, o),
  ).rejects.toMatchObject({ code: "remotes/content-differs" });
});

const blob = { digest, bytes: manifest.length, open: () => Readable.from([manifest]) };

test.for([undefined, "http://localhost:1/upload", "ftp://localhost/upload", "https://"])(
  "an upload to %s is not begun",
  async (location) => {
    await using here = await world();
    here.server.answer = answering(location === undefined ? {} : { location }, manifest, 202);
    await expect(here.registry.pushBlob(web, blob, o)).rejects.toMatchObject({
      code: "remotes/answer-unexpected",
    });
    expect(here.server.asked).toEqual(["POST /v2/acme/web/blobs/uploads/"]);
  },
);

test("what was given for a registry is not shown to whom it sends us", async () => {
  await using here = await world();
  await using stranger = await answeringServer(here.server.identity);
  const seen: (string | undefined)[] = [];
  stranger.answer = (request, response) => {
    seen.push(request.headers.authorization);
    const challenge = `Bearer realm="${stranger.url}/token"`;
    request.resume().on("end", () => {
      response.writeHead(401, { "www-authenticate": challenge }).end();
    });
  };
  here.server.answer = (request, response) => {
    if (request.headers.authorization === undefined)
      return void response.writeHead(401, { "www-authenticate": "Basic" }).end();
    response.writeHead(202, { location: `${stranger.url}/upload` }).end();
  };
  await expect(here.registry.pushBlob(web, blob, o)).rejects.toMatchObject({
    code: "remotes/not-authorized",
  });
  expect(seen).toEqual([undefined]);
});

test("a registry that hears nothing is not sent a stream to its end", async () => {
  await using here = await world();
  let sent = 0;
  let pulled = 0;
  const pieces = function* (): Generator<Buffer> {
    for (; pulled < 1_000; pulled += 1) yield Buffer.alloc(1_048_576);
  };
  here.server.answer = (request, response) => {
    if (request.method === "POST")
      return void response.writeHead(202, { location: "/upload?state=1" }).end();
    request.pause();
  };
  const large = {
    digest,
    bytes: 1_000 * 1_048_576,
    open: () => Readable.from(pieces(), { objectMode: true, highWaterMark: 1 }),
    progress: (bytes: number) => void (sent = bytes),
  };
  await expect(here.registry.pushBlob(web, large, o)).rejects.toMatchObject({
    code: "remotes/too-slow",
  });
  expect(sent).toBeGreaterThan(0);
  expect(pulled).toBeLessThan(100);
});

test("a registry that answers before it has heard everything is believed", async () => {
  await using here = await world();
  here.server.answer = (request, response) => {
    if (request.method === "POST")
      return void response.writeHead(202, { location: "/upload" }).end();
    request.once("data", () => response.writeHead(413).end());
  };
  const pieces = Array.from({ length: 64 }, () => Buffer.alloc(65_536));
  const large = { digest, bytes: 64 * 65_536, open: () => Readable.from(pieces) };
  await expect(here.registry.pushBlob(web, large, o)).rejects.toMatchObject({
    code: "remotes/answer-unexpected",
    status: 413,
  });
});

test("a blob that is kept elsewhere is there", async () => {
  await using here = await world();
  here.server.answer = answering({ location: "https://store.test/" }, Buffer.of(), 307);
  expect(await here.registry.hasBlob(web, digest, o)).toBe(true);
  here.server.answer = answering({}, Buffer.of(), 404);
  expect(await here.registry.hasBlob(web, digest, o)).toBe(false);
  here.server.answer = answering({}, Buffer.of(), 503);
  await expect(here.registry.hasBlob(web, digest, o)).rejects.toMatchObject({ status: 503 });
});

test("a registry answers at its host, but for one", () => {
  expect(registryUrl(parseRegistryHost("localhost:5000"))).toBe("https://localhost:5000");
  expect(registryUrl(parseRegistryHost("docker.io"))).toBe("https://registry-1.docker.io");
});
