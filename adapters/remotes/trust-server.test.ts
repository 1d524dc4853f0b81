import { createServer } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import type { ServerOptions } from "node:https";
import { expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import { parseRoleName, rootRole, targetsRole, timestampRole } from "#domain/tuf";
import { certifiedKey, testKey } from "#domain/tuf/testing";
import type { Limits } from "./limits.ts";
import { answeringServer, type AnsweringServer, type Handler } from "./testing/index.ts";
import {
  createTrustServer,
  type TrustServerConnection,
  type TrustServerSettings,
} from "./trust-server.ts";

const { gun } = parseGun("other.test:5000/acme/web");
const o = { signal: AbortSignal.timeout(120_000) };
const base = `/v2/${gun}/_trust/tuf`;
const files = new Map([
  [rootRole, Buffer.from(`{"a":1}`)],
  [parseRoleName("targets/releases"), Buffer.from(`{"b":"\r\n--"}`)],
]);
const unreachable = { code: "trust-server/unreachable", status: undefined };

type World = AsyncDisposable & {
  readonly server: AnsweringServer;
  readonly trust: TrustServerConnection;
};

async function world(
  more: {
    readonly settings?: Partial<TrustServerSettings>;
    readonly limits?: Partial<Limits>;
    readonly options?: ServerOptions;
  } = {},
): Promise<World> {
  const server = await answeringServer(more.options);
  const limits = { answerMs: 1_000, changeMs: 1_000, restMs: 0, ...more.limits };
  const trust = createTrustServer(
    { url: server.url, tls: { ca: server.caPem }, ...more.settings },
    { clock: Date.now, limits, actions: "push,pull" },
  );
  return {
    ...{ server, trust },
    async [Symbol.asyncDispose]() {
      await trust.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

test("an update is sent as Notary's clients send it", async () => {
  await using here = await world();
  let [type, length, body] = ["", "", ""];
  here.server.answer = (request, response) => {
    type = request.headers["content-type"] ?? "";
    length = request.headers["content-length"] ?? "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("latin1")));
    request.on("end", () => response.end());
  };
  await here.trust.publish(gun, files, o);
  expect(here.server.asked).toEqual([`POST ${base}/`]);
  const [, boundary = ""] = /^multipart\/form-data; boundary=([0-9a-f]{60})$/.exec(type) ?? [];
  expect(length).toBe(String(body.length));
  const part = (name: string, content: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n` +
    `Content-Type: application/octet-stream\r\n\r\n${content}\r\n`;
  expect(body).toBe(
    `${part("root", `{"a":1}`)}${part("targets/releases", `{"b":"\r\n--"}`)}--${boundary}--\r\n`,
  );
});

test("keys are asked for and made anew, and everything is deleted", async () => {
  await using here = await world();
  const { listed } = testKey();
  here.server.answer = (_, response) =>
    void response.end(
      `{"keytype":"ecdsa","keyval":{"public":"${listed.public}","private":null}}\n`,
    );
  expect(await here.trust.key(gun, timestampRole, o)).toMatchObject({ id: listed.id });
  expect(await here.trust.rotateKey(gun, timestampRole, o)).toMatchObject({ id: listed.id });
  await here.trust.remove(gun, o);
  expect(here.server.asked).toEqual([
    `GET ${base}/timestamp.key`,
    `POST ${base}/timestamp.key`,
    `DELETE ${base}/`,
  ]);
});

test.for(["", "{}", "[]", "null", `{"keytype":5,"keyval":{"public":""}}`, "x".repeat(300_000)])(
  "%.20s is no key",
  async (body) => {
    await using here = await world();
    here.server.answer = (_, response) => void response.end(body);
    await expect(here.trust.key(gun, timestampRole, o)).rejects.toMatchObject({
      code: "trust-server/unexpected",
    });
  },
);

const detail = { Name: "ErrBadTargets", Error: { Msg: "no \u001b[31mgood\n" } };
const validation = { name: "ErrBadTargets", message: "no  [31mgood " };
const one = { code: "INVALID_UPDATE", message: "no", detail };
test.for([
  [{ errors: [one] }, "rejected", validation],
  [{ errors: [one, one] }, "rejected", undefined],
  [{ errors: [{ ...one, detail: { ...detail, Name: "ErrElse" } }] }, "rejected", undefined],
  [{ errors: [{ ...one, detail: { ...detail, Error: "no" } }] }, "rejected", undefined],
  [{ errors: [{ ...one, detail: null }] }, "rejected", undefined],
  [{ errors: [] }, "rejected", undefined],
  [{ errors: "no" }, "rejected", undefined],
  [["no"], "rejected", undefined],
  [{ errors: [{ code: "VERSION", message: "no", detail: {} }] }, "conflict", undefined],
  [{ errors: [{ code: "MALFORMED_JSON", message: "no" }] }, "rejected", undefined],
] as const)("400 with %j is %s", async ([body, kind, expected]) => {
  await using here = await world();
  here.server.answer = (_, response) =>
    void response.writeHead(400).end(`${JSON.stringify(body)}\n`);
  const fault: unknown = await here.trust.publish(gun, files, o).catch((error: unknown) => error);
  expect(fault).toMatchObject({ code: `trust-server/${kind}`, status: 400 });
  expect(fault).toHaveProperty("validation", expected);
});

test.for([
  [201, "unexpected"],
  [204, "unexpected"],
  [301, "unexpected"],
  [403, "unauthorized"],
  [404, "absent"],
  [413, "unexpected"],
  [429, "unexpected"],
  [500, "unexpected"],
  [503, "unexpected"],
] as const)("only 200 is a success: %d is %s", async ([status, kind]) => {
  await using here = await world();
  const { trust, server } = here;
  server.answer = (_, response) =>
    void response.writeHead(status, { location: `${server.url}/elsewhere` }).end();
  const expected = { code: `trust-server/${kind}`, status };
  await expect(trust.publish(gun, files, o)).rejects.toMatchObject(expected);
  await expect(trust.key(gun, timestampRole, o)).rejects.toMatchObject(expected);
  await expect(trust.rotateKey(gun, timestampRole, o)).rejects.toMatchObject(expected);
  await expect(trust.remove(gun, o)).rejects.toMatchObject(expected);
  const reading = trust.current(gun, targetsRole, o);
  if (status === 404) expect(await reading).toBeUndefined();
  else await expect(reading).rejects.toMatchObject(expected);
  expect(server.asked.join()).not.toContain("elsewhere");
});

const afterBody =
  (then: (socket: Socket, response: Parameters<Handler>[1]) => void): Handler =>
  (request, response) => {
    request.resume();
    request.on("end", () => then(request.socket, response));
  };
test.for<readonly [string, Handler]>([
  ["resets before it has read", ({ socket }) => void socket.destroy()],
  ["resets when it has read all", afterBody((socket) => void socket.destroy())],
  ["closes when it has read all", afterBody((socket) => void socket.end())],
  ["says nothing", () => undefined],
  ["sends half a head", afterBody((socket) => void socket.end("HTTP/1.1 200 OK\r\nContent-Le"))],
  [
    "announces more than it sends",
    afterBody((socket) => void socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok")),
  ],
  [
    "breaks off between pieces",
    afterBody(
      (socket) =>
        void socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n"),
    ),
  ],
  ["begins and says no more", afterBody((_, response) => void response.write("o"))],
  ["speaks something else", afterBody((socket) => void socket.end("SSH-2.0-x\r\n\r\n"))],
  [
    "says both lengths",
    afterBody(
      (socket) =>
        void socket.end(
          "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
    ),
  ],
  [
    "sends a head without end",
    afterBody((socket) => void socket.write(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(70_000)}`)),
  ],
  ["goes on saying that it goes on", afterBody((_, response) => goOn(response))],
])(
  "a server that %s in the middle of a publish is unreachable, and is not told twice",
  async ([, answer]) => {
    await using here = await world();
    // The connection was good before: it is not only new ones that break.
    await here.trust.publish(gun, files, o);
    here.server.asked.length = 0;
    here.server.answer = answer;
    await expect(here.trust.publish(gun, files, o)).rejects.toMatchObject(unreachable);
    expect(here.server.asked).toEqual([`POST ${base}/`]);
  },
);

function goOn(response: Parameters<Handler>[1]): void {
  const timer = setInterval(() => response.writeProcessing(), 50);
  response.on("close", () => clearInterval(timer));
}

test("an answer that drips is given up as a whole, one without end where enough is read", async () => {
  await using here = await world({ limits: { minBytesPerSecond: 10 * 1_048_576 } });
  here.server.answer = (_, response) => {
    const timer = setInterval(() => response.write("x"), 100);
    response.on("close", () => clearInterval(timer));
  };
  await expect(here.trust.current(gun, timestampRole, o)).rejects.toMatchObject(unreachable);
  await expect(here.trust.publish(gun, files, o)).rejects.toMatchObject(unreachable);
  here.server.answer = (_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
    };
    response.writeHead(400).on("drain", more);
    more();
  };
  await expect(here.trust.publish(gun, files, o)).rejects.toMatchObject({
    code: "trust-server/rejected",
  });
  const announced = { ...o, maxBytes: 1_000 };
  here.server.answer = (_, response) => void response.end("x".repeat(2_000_000));
  const cut = await here.trust.byChecksum(gun, targetsRole, "a".repeat(64), announced);
  expect(cut).toHaveLength(1_001);
});

test("who gives up a publish is told so, and nothing else", async () => {
  await using here = await world();
  here.server.answer = () => undefined;
  const stop = new AbortController();
  const publishing = here.trust.publish(gun, files, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(publishing).rejects.toThrow("enough");
});

test("one connection serves what comes one after the other, several what comes at once", async () => {
  await using here = await world();
  await here.trust.current(gun, timestampRole, o);
  await here.trust.publish(gun, files, o);
  await here.trust.current(gun, rootRole, o);
  expect(here.server.connections()).toBe(1);
  await Promise.all(Array.from({ length: 20 }, () => here.trust.current(gun, rootRole, o)));
  expect(here.server.connections()).toBe(8);
});

test("a ping says whether somebody is there, and learns what is asked for", async () => {
  await using here = await world({ limits: { pingMs: 300 } });
  const { server, trust } = here;
  server.answer = (_, response) => void response.end("{}");
  await trust.ping(o);
  server.answer = (_, response) => void response.writeHead(503).end();
  await expect(trust.ping(o)).rejects.toMatchObject({
    code: "trust-server/unexpected",
    status: 503,
  });
  server.answer = (request, response) => {
    if (request.url?.startsWith("/token") === true) return void response.end(`{"token":"t"}`);
    if (request.headers.authorization === "Bearer t") return void response.end("file");
    const challenge = `Bearer realm="${server.url}/token"`;
    response.writeHead(401, { "www-authenticate": challenge }).end();
  };
  await trust.ping(o);
  server.asked.length = 0;
  await trust.current(gun, rootRole, o);
  expect(server.asked.map((asked) => asked.split("?")[0])).toEqual([
    "GET /token",
    `GET ${base}/root.json`,
  ]);
  server.answer = () => undefined;
  await expect(trust.ping(o)).rejects.toMatchObject({
    ...unreachable,
    message: "the server takes too long",
  });
  await expect(trust.ping({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
    "enough",
  );
  await server[Symbol.asyncDispose]();
  await expect(trust.ping(o)).rejects.toMatchObject(unreachable);
});

test("a server is believed by the authorities that are given, unless nobody looks", async () => {
  const stranger = await certifiedKey({
    name: "localhost",
    notBefore: Date.now() - 60_000,
    notAfter: Date.now() + 86_400_000,
  });
  await using here = await world({ settings: { tls: { ca: stranger.pem } } });
  await expect(here.trust.current(gun, rootRole, o)).rejects.toMatchObject({
    ...unreachable,
    message: "the server's certificate is not believed",
  });
  const { url, caPem: ca } = here.server;
  for (const [tls, isBelieved] of [
    [{}, false],
    [{ ca: stranger.pem, andSystem: true }, false],
    [{ ca, andSystem: true }, true],
    [{ skipVerification: true }, true],
  ] as const) {
    const trust = createTrustServer({ url, tls }, { clock: Date.now, actions: "pull" });
    const reading = trust.current(gun, rootRole, o);
    if (isBelieved) expect(await reading).toHaveLength(4);
    else await expect(reading).rejects.toMatchObject(unreachable);
    await trust.close();
  }
});

test("authorities of the system are looked at only where those given do not do", async () => {
  await using other = await answeringServer();
  await using here = await answeringServer();
  const tls = { ca: other.caPem, andSystem: true };
  const trust = createTrustServer(
    { url: here.url, tls },
    { clock: Date.now, limits: { restMs: 0 }, actions: "pull" },
  );
  const all = await Promise.allSettled(
    Array.from({ length: 4 }, () => trust.current(gun, rootRole, o)),
  );
  for (const one of all)
    expect(one).toMatchObject({ status: "rejected", reason: { code: "trust-server/unreachable" } });
  await trust.close();
  const known = createTrustServer(
    { url: other.url, tls },
    { clock: Date.now, limits: { restMs: 0 }, actions: "pull" },
  );
  expect(await known.current(gun, rootRole, o)).toHaveLength(4);
  await known.close();
});

test("a proxy that the environment names carries the connection, but not what is in it", async () => {
  await using here = await world();
  const carried: string[] = [];
  const proxy = createServer();
  proxy.on("connect", (request, socket: Socket) => {
    carried.push(request.url ?? "");
    const target = connect(Number(new URL(here.server.url).port), "localhost", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
    for (const end of [socket, target]) end.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const { url, caPem: ca } = here.server;
  const through = (variables: Record<string, string>): TrustServerConnection =>
    createTrustServer({ url, tls: { ca }, proxy: variables }, { clock: Date.now, actions: "pull" });
  const proxied = through({ HTTPS_PROXY: address });
  expect(await proxied.current(gun, rootRole, o)).toHaveLength(4);
  expect(carried).toEqual([new URL(url).host]);
  const direct = through({ HTTPS_PROXY: address, NO_PROXY: "localhost" });
  expect(await direct.current(gun, rootRole, o)).toHaveLength(4);
  expect(carried).toHaveLength(1);
  await Promise.all([proxied.close(), direct.close()]);
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
});

test("a server that asks for a certificate gets ours", async () => {
  const terms = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 86_400_000 };
  const self = await certifiedKey({ name: "alice", ...terms });
  const key = self.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const options = { requestCert: true, rejectUnauthorized: true, ca: self.pem };
  await using here = await world({ options });
  await expect(here.trust.current(gun, rootRole, o)).rejects.toMatchObject(unreachable);
  const { url, caPem: ca } = here.server;
  const showing = (client: { certificate: string; key: string }): TrustServerConnection =>
    createTrustServer({ url, tls: { ca, client } }, { clock: Date.now, actions: "pull" });
  const known = showing({ certificate: self.pem, key });
  expect(await known.current(gun, rootRole, o)).toHaveLength(4);
  await known.close();
  const other = testKey().privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const wrong = showing({ certificate: self.pem, key: other });
  await expect(wrong.current(gun, rootRole, o)).rejects.toMatchObject({
    code: "remotes/tls-invalid",
  });
});

test("a server without TLS is asked where somebody says so, and no other", async () => {
  const server = createServer((_, response) => void response.end("file"));
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  const options = { clock: Date.now, actions: "pull" } as const;
  expect(() => createTrustServer({ url }, options)).toThrow(
    expect.objectContaining({ code: "remotes/address-invalid" }) as Error,
  );
  const trust = createTrustServer({ url: `${url}/`, allowPlainHttp: true }, options);
  expect(await trust.current(gun, rootRole, o)).toHaveLength(4);
  await trust.close();
  await new Promise((resolve) => server.close(resolve));
});

test.for([
  "",
  "other.test",
  "ftp://other.test",
  "https://a:b@other.test",
  "https://other.test?x=1",
])("%s is no address", (url) => {
  const options = { clock: Date.now, actions: "pull" } as const;
  expect(() => createTrustServer({ url, allowPlainHttp: true }, options)).toThrow(
    expect.objectContaining({ code: "remotes/address-invalid" }) as Error,
  );
});
