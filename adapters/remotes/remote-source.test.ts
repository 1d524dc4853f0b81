import { expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import { snapshotRole, targetsRole, timestampRole, rootRole } from "#domain/tuf";
import { parsePinnedCa, parseTrustServerUrl, type RemoteSource } from "#services/reader";
import type { Limits } from "./limits.ts";
import { createRemoteSource } from "./remote-source.ts";
import { answeringServer, type Handler } from "./testing/index.ts";

const { gun } = parseGun("other.test:5000/acme/web");
const o = { signal: AbortSignal.timeout(30_000) };
const sha256 = "a".repeat(64);

type World = AsyncDisposable & {
  readonly source: RemoteSource;
  readonly url: string;
  readonly asked: string[];
  answer: Handler;
  now: number;
};

async function world(
  path = "",
  credentials?: { username: string; password: string },
  limits: Partial<Limits> = {},
): Promise<World> {
  const server = await answeringServer();
  const source = createRemoteSource(
    {
      trustServer: parseTrustServerUrl(`${server.url}${path}`),
      ca: parsePinnedCa(server.caPem),
      credentials,
    },
    { clock: () => here.now, limits: { answerMs: 1_000, ...limits } },
  );
  const here: World = {
    ...{ source, url: server.url, asked: server.asked, now: 1_000 },
    get answer() {
      return server.answer;
    },
    set answer(handler) {
      server.answer = handler;
    },
    async [Symbol.asyncDispose]() {
      await source.close();
      await server[Symbol.asyncDispose]();
    },
  };
  return here;
}

const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

test("files have the names that Notary's clients use", async () => {
  await using here = await world("/trust/");
  expect(text(await here.source.current(gun, timestampRole, o))).toBe("file");
  await here.source.byChecksum(gun, snapshotRole, sha256, o);
  await here.source.byVersion(gun, rootRole, 3, o);
  const base = `GET /trust/v2/${gun}/_trust/tuf`;
  expect(here.asked).toEqual([
    `${base}/timestamp.json`,
    `${base}/snapshot.${sha256}.json`,
    `${base}/3.root.json`,
  ]);
});

test("a file is cut off one byte after its announced length", async () => {
  await using here = await world();
  here.answer = (_, response) => void response.end("123456789");
  const get = (maxBytes: number) =>
    here.source.byChecksum(gun, targetsRole, sha256, { ...o, maxBytes });
  expect(text(await get(9))).toBe("123456789");
  expect(text(await get(8))).toBe("123456789");
  expect(text(await get(4))).toBe("12345");
  expect(text(await get(0))).toBe("1");
});

test("a server that did not answer is not asked again for five seconds", async () => {
  await using here = await world("", undefined, { answerMs: 200 });
  here.answer = () => undefined;
  const failing = async () =>
    await expect(here.source.current(gun, timestampRole, o)).rejects.toMatchObject({
      code: "remotes/too-slow",
    });
  await failing();
  here.answer = (_, response) => void response.end("file");
  await failing();
  here.now += 4_999;
  await failing();
  expect(here.asked).toHaveLength(1);
  here.now += 1;
  expect(text(await here.source.current(gun, timestampRole, o))).toBe("file");
});

test("a caller who gives up says nothing about the server", async () => {
  await using here = await world();
  here.answer = () => undefined;
  const stop = new AbortController();
  const asking = here.source.current(gun, timestampRole, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(asking).rejects.toThrow("enough");
  here.answer = (_, response) => void response.end("file");
  expect(text(await here.source.current(gun, timestampRole, o))).toBe("file");
});

test("a connection that breaks once is tried again, one that breaks twice is not", async () => {
  await using here = await world();
  let breaks = 1;
  here.answer = (request, response) => {
    if (breaks > 0) request.socket.destroy();
    else response.end("file");
    breaks -= 1;
  };
  expect(text(await here.source.current(gun, timestampRole, o))).toBe("file");
  breaks = 2;
  here.asked.length = 0;
  await expect(here.source.current(gun, timestampRole, o)).rejects.toMatchObject({
    code: "remotes/unreachable",
  });
  expect(here.asked).toHaveLength(2);
});

test.for([
  [403, "remotes/not-authorized"],
  [301, "remotes/answer-unexpected"],
  [204, "remotes/answer-unexpected"],
  [410, "remotes/answer-unexpected"],
  [502, "remotes/answer-unexpected"],
  [401, "remotes/challenge-unknown"],
] as const)("%d is %s, and only 404 is not there", async ([status, code]) => {
  await using here = await world();
  here.answer = (_, response) => void response.writeHead(status, { location: here.url }).end();
  await expect(here.source.current(gun, timestampRole, o)).rejects.toMatchObject({ code });
  here.answer = (_, response) => void response.writeHead(404).end("gone");
  expect(await here.source.current(gun, timestampRole, o)).toBeUndefined();
});

test("a token is used until shortly before its end, and asked for anew when it is refused", async () => {
  await using here = await world();
  let issued = 0;
  let accepted = "Bearer 1";
  here.answer = (request, response) => {
    if (request.url?.startsWith("/token") === true) {
      issued += 1;
      accepted = `Bearer ${issued}`;
      return void response.end(JSON.stringify({ token: String(issued), expires_in: 120 }));
    }
    if (request.headers.authorization === accepted) return void response.end("file");
    const challenge = `Bearer realm="${here.url}/token",service="x"`;
    response.writeHead(401, { "www-authenticate": challenge }).end();
  };
  const get = async () => text(await here.source.current(gun, timestampRole, o));
  accepted = "none yet";
  expect([await get(), await get(), issued]).toEqual(["file", "file", 1]);
  here.now += 111_000;
  expect([await get(), issued]).toEqual(["file", 2]);
  accepted = "revoked";
  expect([await get(), issued]).toEqual(["file", 3]);
});

test("a name and password answer a Basic challenge, and are not given without one", async () => {
  await using here = await world("", { username: "reader", password: "word" });
  const seen: (string | undefined)[] = [];
  here.answer = (request, response) => {
    seen.push(request.headers.authorization);
    if (request.headers.authorization !== undefined) return void response.end("file");
    response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
  };
  expect(text(await here.source.current(gun, timestampRole, o))).toBe("file");
  expect(seen).toEqual([undefined, `Basic ${Buffer.from("reader:word").toString("base64")}`]);
});

test("no error says a password or a token", async () => {
  await using here = await world("", { username: "reader", password: "a-secret-word" });
  here.answer = (_, response) =>
    void response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
  const error: unknown = await here.source
    .current(gun, timestampRole, o)
    .catch((fault: unknown) => fault);
  expect(error).toMatchObject({ code: "remotes/not-authorized" });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("secret");
});
