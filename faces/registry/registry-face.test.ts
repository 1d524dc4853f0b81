import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { digestOf, type Digest } from "#domain/oci";
import {
  registryWorld,
  scopeOn,
  smallImage,
  type Answer,
  type RegistryWorld,
} from "./testing/registry-world.ts";

let world: RegistryWorld;
let alice = "";
beforeAll(async () => {
  world = await registryWorld({ maxBlobBytes: 1_000_000 });
  const actions = ["pull", "push", "delete"] as const;
  const names = ["acme/web", "acme/api", "acme/list", "acme/a/b/c", "acme/blobs/uploads"];
  alice = world.token(
    "alice",
    names.map((name) => scopeOn(name, ...actions)),
  );
});
afterAll(() => world[Symbol.asyncDispose]());

type More = Omit<NonNullable<Parameters<RegistryWorld["send"]>[2]>, "token">;
const send = (method: string, path: string, more: More = {}): Promise<Answer> =>
  world.send(method, path, { ...more, token: alice });
const uploadsOf = (repository: string): string => `/v2/${repository}/blobs/uploads/`;

async function begin(repository = "acme/web"): Promise<string> {
  const answer = await send("POST", uploadsOf(repository));
  expect(answer.status).toBe(202);
  return answer.headers.get("location") ?? "";
}

async function pushBlob(repository: string, bytes: Buffer): Promise<Digest> {
  const digest = digestOf(bytes);
  const answer = await send("POST", `${uploadsOf(repository)}?digest=${digest}`, { body: bytes });
  expect(answer.status).toBe(201);
  return digest;
}

async function pushImage(repository: string, reference: string, text: string): Promise<Digest> {
  const image = smallImage(text);
  for (const blob of image.blobs) await pushBlob(repository, blob);
  const answer = await send("PUT", `/v2/${repository}/manifests/${reference}`, {
    headers: { "content-type": image.mediaType },
    body: image.manifest,
  });
  expect(answer).toMatchObject({ status: 201 });
  expect(answer.headers.get("docker-content-digest")).toBe(image.digest);
  return image.digest;
}

test("without a token the reply says where to fetch one", async () => {
  const answer = await world.send("GET", "/v2/");
  expect(answer).toMatchObject({ status: 401, code: "UNAUTHORIZED" });
  expect(answer.headers.get("www-authenticate")).toBe(
    `Bearer realm="https://${world.host}/auth/token",service="registry"`,
  );
  expect(answer.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
});

test("with a token the base says yes, with a forged one it says so", async () => {
  const answer = await send("GET", "/v2/");
  expect(answer.status).toBe(200);
  expect(answer.json()).toEqual({});
  const forged = await world.send("GET", "/v2/", { token: "forged" });
  expect(forged.status).toBe(401);
  expect(forged.headers.get("www-authenticate")).toContain('error="invalid_token"');
});

test("a token is good only for its repositories and actions", async () => {
  const reader = world.token("bob", [scopeOn("acme/web", "pull")]);
  for (const [method, path] of [
    ["POST", uploadsOf("acme/web")],
    ["PUT", "/v2/acme/web/manifests/1"],
    ["DELETE", "/v2/acme/web/manifests/1"],
    ["DELETE", `/v2/acme/web/blobs/${digestOf(Buffer.from("x"))}`],
    ["GET", "/v2/acme/api/tags/list"],
    ["GET", `/v2/acme/web2/blobs/${digestOf(Buffer.from("x"))}`],
  ] as const) {
    const answer = await world.send(method, path, { token: reader });
    expect(answer).toMatchObject({ status: 401, code: "DENIED" });
    expect(answer.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
  }
  const refused = await world.send("POST", uploadsOf("acme/web"), { token: reader });
  expect(refused.headers.get("www-authenticate")).toContain(
    'scope="repository:acme/web:pull,push"',
  );
});

test("an action * is every action", async () => {
  const owner = world.token("alice", [scopeOn("acme/star", "*")]);
  expect((await world.send("POST", uploadsOf("acme/star"), { token: owner })).status).toBe(202);
});

test("an image is pushed and pulled byte for byte", async () => {
  const digest = await pushImage("acme/a/b/c", "1.0", "whole");
  for (const reference of ["1.0", digest]) {
    const answer = await send("GET", `/v2/acme/a/b/c/manifests/${reference}`);
    expect(answer.status).toBe(200);
    expect(digestOf(answer.bytes)).toBe(digest);
    expect(answer.headers.get("content-type")).toBe("application/vnd.oci.image.manifest.v1+json");
    const head = await send("HEAD", `/v2/acme/a/b/c/manifests/${reference}`);
    expect(head.headers.get("docker-content-digest")).toBe(digest);
    expect(head.headers.get("content-length")).toBe(String(answer.bytes.length));
    expect(head.bytes).toHaveLength(0);
  }
  const [, layer = Buffer.of()] = smallImage("whole").blobs;
  const blob = await send("GET", `/v2/acme/a/b/c/blobs/${digestOf(layer)}`);
  expect(blob.bytes).toEqual(layer);
  expect(blob.headers.get("content-type")).toBe("application/octet-stream");
  expect(blob.headers.get("x-content-type-options")).toBe("nosniff");
});

test("a repository may be called what routes are called", async () => {
  const digest = await pushImage("acme/blobs/uploads", "tags", "odd");
  const answer = await send("HEAD", "/v2/acme/blobs/uploads/manifests/tags");
  expect(answer.headers.get("docker-content-digest")).toBe(digest);
});

test("a blob comes in chunks, each where the last one ended", async () => {
  const location = await begin();
  const first = await send("PATCH", location, {
    headers: { "content-range": "0-4" },
    body: Buffer.from("hello"),
  });
  expect(first.status).toBe(202);
  expect(first.headers.get("range")).toBe("0-4");
  const gap = await send("PATCH", location, {
    headers: { "content-range": "7-9" },
    body: Buffer.from("xxx"),
  });
  expect(gap).toMatchObject({ status: 416, code: "BLOB_UPLOAD_INVALID" });
  expect(gap.headers.get("range")).toBe("0-4");
  const status = await send("GET", location);
  expect(status.status).toBe(204);
  expect(status.headers.get("range")).toBe("0-4");
  expect(status.headers.get("location")).toBe(location);
  const chunked = await send("PATCH", location, { body: Readable.from([Buffer.from(" wor")]) });
  expect(chunked.headers.get("range")).toBe("0-8");
  const digest = digestOf(Buffer.from("hello world"));
  const last = await send("PUT", `${location}?digest=${digest}`, {
    headers: { "content-range": "9-10" },
    body: Buffer.from("ld"),
  });
  expect(last.status).toBe(201);
  expect(last.headers.get("location")).toBe(`/v2/acme/web/blobs/${digest}`);
  expect((await send("GET", `/v2/acme/web/blobs/${digest}`)).bytes.toString()).toBe("hello world");
  expect((await send("GET", location)).code).toBe("BLOB_UPLOAD_UNKNOWN");
});

test("an upload that just began has nothing, and can be called off", async () => {
  const location = await begin();
  expect((await send("GET", location)).headers.get("range")).toBe("0-0");
  expect((await send("DELETE", location)).status).toBe(204);
  expect((await send("PATCH", location, { body: Buffer.from("x") })).status).toBe(404);
});

test("content with another digest is refused and forgotten", async () => {
  const location = await begin();
  const digest = digestOf(Buffer.from("right"));
  const answer = await send("PUT", `${location}?digest=${digest}`, { body: Buffer.from("wrong") });
  expect(answer).toMatchObject({ status: 400, code: "DIGEST_INVALID" });
  expect((await send("HEAD", `/v2/acme/web/blobs/${digest}`)).status).toBe(404);
  expect((await send("GET", location)).status).toBe(404);
  const single = await send("POST", `${uploadsOf("acme/web")}?digest=${digest}`, {
    body: Buffer.from("wrong"),
  });
  expect(single.code).toBe("DIGEST_INVALID");
});

test.for([
  ["more than its range", "0-3", "SIZE_INVALID"],
  ["less than its range", "0-9", "SIZE_INVALID"],
  ["a range nobody can read", "x-y", "BLOB_UPLOAD_INVALID"],
] as const)("a chunk with %s is refused", async ([, range, code]) => {
  const location = await begin();
  for (const body of [Buffer.from("hello"), Readable.from([Buffer.from("hello")])]) {
    const answer = await send("PATCH", location, { headers: { "content-range": range }, body });
    expect(answer).toMatchObject({ status: 400, code });
    if (body instanceof Buffer)
      expect((await send("GET", location)).headers.get("range")).toBe("0-0");
  }
});

test("a blob beyond the limit is refused with an answer, and the next request works", async () => {
  const location = await begin();
  for (const body of [Buffer.alloc(2_000_000), Readable.from([Buffer.alloc(2_000_000)])]) {
    const answer = await send("PATCH", location, { body });
    expect(answer).toMatchObject({ status: 413, code: "SIZE_INVALID" });
  }
  expect((await send("GET", location)).headers.get("range")).toBe("0-0");
});

test("an upload can be gone on with only in its own repository", async () => {
  const location = await begin("acme/web");
  const elsewhere = location.replace("acme/web", "acme/api");
  for (const method of ["GET", "PATCH", "DELETE"])
    expect(await send(method, elsewhere)).toMatchObject({ code: "BLOB_UPLOAD_UNKNOWN" });
  const digest = digestOf(Buffer.of());
  expect((await send("PUT", `${elsewhere}?digest=${digest}`)).status).toBe(404);
  expect((await send("PUT", `${location}?digest=${digest}`)).status).toBe(201);
});

test("a blob is read in parts", async () => {
  const digest = await pushBlob("acme/web", Buffer.from("0123456789"));
  const path = `/v2/acme/web/blobs/${digest}`;
  const part = await send("GET", path, { headers: { range: "bytes=2-4" } });
  expect(part.status).toBe(206);
  expect(part.bytes.toString()).toBe("234");
  expect(part.headers.get("content-range")).toBe("bytes 2-4/10");
  const outside = await send("GET", path, { headers: { range: "bytes=10-" } });
  expect(outside.status).toBe(416);
  expect(outside.headers.get("content-range")).toBe("bytes */10");
  expect((await send("HEAD", path)).headers.get("content-length")).toBe("10");
  const same = await send("GET", path, { headers: { "if-none-match": `"${digest}"` } });
  expect(same.status).toBe(304);
});

test("knowing a digest does not open a blob of another repository", async () => {
  const digest = await pushBlob("acme/web", Buffer.from("secret of web"));
  expect((await send("GET", `/v2/acme/api/blobs/${digest}`)).code).toBe("BLOB_UNKNOWN");
  const stranger = world.token("bob", [scopeOn("acme/api", "pull", "push")]);
  const tries = [
    `?mount=${digest}&from=acme/web`,
    `?mount=${digest}`,
    `?mount=${digest}&from=acme/api`,
  ];
  for (const query of tries) {
    const answer = await world.send("POST", uploadsOf("acme/api") + query, { token: stranger });
    expect(answer.status).toBe(202);
  }
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: smallImage().mediaType,
    config: { mediaType: "a/b", digest, size: 13 },
    layers: [],
  });
  const put = await world.send("PUT", "/v2/acme/api/manifests/theft", {
    token: stranger,
    headers: { "content-type": smallImage().mediaType },
    body: manifest,
  });
  expect(put).toMatchObject({ status: 400, code: "MANIFEST_BLOB_UNKNOWN" });
  expect((await send("GET", `/v2/acme/api/blobs/${digest}`)).status).toBe(404);
});

test("who may read both repositories mounts a blob", async () => {
  const digest = await pushBlob("acme/web", Buffer.from("shared"));
  const answer = await send("POST", `${uploadsOf("acme/api")}?mount=${digest}&from=acme/web`);
  expect(answer.status).toBe(201);
  expect(answer.headers.get("location")).toBe(`/v2/acme/api/blobs/${digest}`);
  expect((await send("GET", `/v2/acme/api/blobs/${digest}`)).bytes.toString()).toBe("shared");
});

test.for([
  ["refers to what is not there", smallImage("never uploaded").manifest, "MANIFEST_BLOB_UNKNOWN"],
  ["is no JSON", Buffer.from("{"), "MANIFEST_INVALID"],
  ["says another type", Buffer.from('{"mediaType":"a/b"}'), "MANIFEST_INVALID"],
] as const)("a manifest that %s is refused", async ([, body, code]) => {
  const answer = await send("PUT", "/v2/acme/web/manifests/bad", {
    headers: { "content-type": smallImage().mediaType },
    body,
  });
  expect(answer).toMatchObject({ status: 400, code });
  expect((await send("GET", "/v2/acme/web/manifests/bad")).code).toBe("MANIFEST_UNKNOWN");
});

test("a manifest of more than 4 MiB is refused", async () => {
  const body = Buffer.alloc(4 * 1024 * 1024 + 1, " ");
  for (const sent of [body, Readable.from([body])]) {
    const answer = await send("PUT", "/v2/acme/web/manifests/big", { body: sent });
    expect(answer).toMatchObject({ status: 413, code: "SIZE_INVALID" });
  }
});

test("a manifest is not taken under another digest", async () => {
  const other = digestOf(Buffer.from("other"));
  const image = smallImage();
  const answer = await send("PUT", `/v2/acme/web/manifests/${other}`, {
    headers: { "content-type": image.mediaType },
    body: image.manifest,
  });
  expect(answer).toMatchObject({ status: 400, code: "DIGEST_INVALID" });
});

test("a size that is not the blob's is refused", async () => {
  const image = smallImage("sized");
  for (const blob of image.blobs) await pushBlob("acme/web", blob);
  const lying = image.manifest.toString().replace(/"size":\d+/, '"size":1');
  const answer = await send("PUT", "/v2/acme/web/manifests/lying", {
    headers: { "content-type": image.mediaType },
    body: lying,
  });
  expect(answer.code).toBe("MANIFEST_BLOB_UNKNOWN");
});

test.for([
  ["/v2/acme/../web/tags/list", 400],
  ["/v2/acme//web/tags/list", 404],
  ["/v2/acme/%2e%2e/web/tags/list", 400],
  ["/v2/acme%2f..%2fweb/tags/list", 400],
  ["/v2/ACME/web/tags/list", 400],
  ["/v2/acme/web%00/tags/list", 400],
  ["/v2/_catalog/tags/list", 400],
  [`/v2/${"a".repeat(300)}/tags/list`, 400],
  ["/v2/acme/web/blobs/sha256:..%2f..%2f..%2fetc%2fpasswd", 400],
  ["/v2/acme/web/blobs/sha512:abc", 400],
  ["/v2/acme/web/manifests/..", 400],
  ["/v2/acme/web/manifests/%2e%2e%2f1", 400],
  ["/v2/acme/web/blobs/uploads/..%2f..%2fdatabase.sqlite", 404],
] as const)("%s reaches nothing", async ([path, status]) => {
  const answer = await world.send("GET", path, {
    token: world.token("alice", [scopeOn("acme/web", "*")]),
  });
  expect(answer.status).toBe(status);
});

test("two uploads finish the same blob at once", async () => {
  const bytes = Buffer.from("raced for");
  const locations = [await begin(), await begin("acme/api"), await begin()];
  const answers = await Promise.all(
    locations.map((each) => send("PUT", `${each}?digest=${digestOf(bytes)}`, { body: bytes })),
  );
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  expect((await send("GET", `/v2/acme/api/blobs/${digestOf(bytes)}`)).bytes).toEqual(bytes);
});

test("tags are listed a page at a time", async () => {
  for (const tag of ["c", "a", "b", "D"]) await pushImage("acme/list", tag, tag);
  const all = await send("GET", "/v2/acme/list/tags/list");
  expect(all.json()).toEqual({ name: "acme/list", tags: ["D", "a", "b", "c"] });
  expect(all.headers.has("link")).toBe(false);
  const first = await send("GET", "/v2/acme/list/tags/list?n=3");
  expect(first.json()).toMatchObject({ tags: ["D", "a", "b"] });
  const next = /^<([^>]+)>; rel="next"$/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
  const second = await send("GET", next);
  expect(second.json()).toMatchObject({ tags: ["c"] });
  expect(second.headers.has("link")).toBe(false);
  expect((await send("GET", "/v2/acme/list/tags/list?n=0")).json()).toMatchObject({ tags: [] });
  expect((await send("GET", "/v2/acme/list/tags/list?n=-1")).code).toBe(
    "PAGINATION_NUMBER_INVALID",
  );
  const nobody = world.token("alice", [scopeOn("acme/none", "pull")]);
  const unknown = await world.send("GET", "/v2/acme/none/tags/list", { token: nobody });
  expect(unknown.code).toBe("NAME_UNKNOWN");
});

test("manifests about a manifest are found by it", async () => {
  const subject = await pushImage("acme/web", "subject", "subject");
  const empty = await send("GET", `/v2/acme/web/referrers/${subject}`);
  expect(empty.status).toBe(200);
  expect(empty.headers.get("content-type")).toBe("application/vnd.oci.image.index.v1+json");
  expect(empty.json()).toMatchObject({ schemaVersion: 2, manifests: [] });
  const config = Buffer.from("{}");
  await pushBlob("acme/web", config);
  const artifact = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: smallImage().mediaType,
      artifactType: "application/vnd.acme.signature",
      config: {
        mediaType: "application/vnd.oci.empty.v1+json",
        digest: digestOf(config),
        size: 2,
      },
      layers: [],
      subject: { mediaType: smallImage().mediaType, digest: subject, size: 1 },
      annotations: { by: "alice" },
    }),
  );
  const digest = digestOf(artifact);
  const put = await send("PUT", `/v2/acme/web/manifests/${digest}`, {
    headers: { "content-type": smallImage().mediaType },
    body: artifact,
  });
  expect(put.headers.get("oci-subject")).toBe(subject);
  const path = `/v2/acme/web/referrers/${subject}?artifactType=`;
  const found = await send("GET", `${path}application/vnd.acme.signature`);
  expect(found.headers.get("oci-filters-applied")).toBe("artifactType");
  expect(found.json()).toMatchObject({
    manifests: [
      {
        digest,
        size: artifact.length,
        artifactType: "application/vnd.acme.signature",
        annotations: { by: "alice" },
      },
    ],
  });
  expect((await send("GET", `${path}a/b`)).json()).toMatchObject({ manifests: [] });
});

test("tags and manifests are deleted, and what is needed is not", async () => {
  const digest = await pushImage("acme/api", "gone", "gone");
  const [config = Buffer.of()] = smallImage("gone").blobs;
  const blob = `/v2/acme/api/blobs/${digestOf(config)}`;
  expect(await send("DELETE", blob)).toMatchObject({ status: 405, code: "UNSUPPORTED" });
  expect((await send("DELETE", "/v2/acme/api/manifests/gone")).status).toBe(202);
  expect((await send("HEAD", "/v2/acme/api/manifests/gone")).status).toBe(404);
  expect((await send("HEAD", `/v2/acme/api/manifests/${digest}`)).status).toBe(200);
  expect((await send("DELETE", `/v2/acme/api/manifests/${digest}`)).status).toBe(202);
  expect((await send("DELETE", blob)).status).toBe(202);
  expect((await send("DELETE", blob)).code).toBe("BLOB_UNKNOWN");
});

test("the catalog shows what the asker may read", async () => {
  await pushImage("acme/web", "catalog", "catalog");
  const admin = await world.send("GET", "/v2/_catalog?n=2", { token: world.token("alice", []) });
  expect(admin.json()).toMatchObject({ repositories: ["acme/a/b/c", "acme/api"] });
  expect(admin.headers.get("link")).toContain("last=acme%2Fapi");
  const anybody = world.token(undefined, []);
  const nothing = await world.send("GET", "/v2/_catalog", { token: anybody });
  expect(nothing.json()).toEqual({ repositories: [] });
  const o = { signal: new AbortController().signal };
  const name = (await world.registry.repositories(o)).find((each) => each.name === "acme/list");
  if (name !== undefined) await world.registry.setVisibility(name.name, "public", o);
  const open = await world.send("GET", "/v2/_catalog", { token: anybody });
  expect(open.json()).toEqual({ repositories: ["acme/list"] });
});

test("who pushed a tag, its size and where it was before are known to the product", async () => {
  const o = { signal: new AbortController().signal };
  const first = await pushImage("acme/web", "history", "first");
  const second = await pushImage("acme/web", "history", "second");
  const repository = (await world.registry.repositories(o)).find(({ name }) => name === "acme/web");
  if (repository === undefined) throw new Error("the repository is gone");
  const tag = (await world.registry.tags(repository.name, o)).find(
    (each) => each.tag === "history",
  );
  const image = smallImage("second");
  const size = image.manifest.length + image.blobs.reduce((sum, blob) => sum + blob.length, 0);
  expect(tag).toMatchObject({ digest: second, pushedBy: "alice", size });
  if (tag === undefined) return;
  const moves = await world.registry.tagMoves(repository.name, tag.tag, 10, o);
  expect(moves.map(({ digest }) => digest)).toEqual([second, first]);
  const [config = Buffer.of()] = image.blobs;
  expect(await world.registry.imageIds(repository.name, second, o)).toEqual([digestOf(config)]);
});
