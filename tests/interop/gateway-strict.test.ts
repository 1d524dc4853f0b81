import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { setTimeout as delay } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { gatewayWorld, succeed, type Answer, type GatewayWorld } from "../harness/engine-world.ts";
import { whyNoEngine } from "../harness/engine.ts";

const reason = whyNoEngine();
if (reason !== undefined) console.warn(`strict reading tests skipped: ${reason}`);

/** Sends bytes as they are; the answers until the gateway, told or not, ends the connection. */
async function raw(socket: TLSSocket, bytes: string | Uint8Array): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => undefined); // a reset ends the exchange too
  socket.once("end", () => socket.end());
  const closed = once(socket, "close");
  socket.write(bytes);
  await closed;
  return Buffer.concat(chunks).toString();
}

/** Each row: what is sent in place of a plain request that creates a container, of an image that is not signed. */
describe.skipIf(reason !== undefined)("what two readers may read differently", () => {
  let world: GatewayWorld;
  let good = "";
  let bad = "";
  let goodId = "";
  beforeAll(async () => {
    world = await gatewayWorld();
    const web = `${world.registry}/acme/web`;
    good = `${web}:1`;
    bad = `${web}:2`;
    const signed = await world.publish(good, "signed\n");
    goodId = signed.id;
    world.judge.signed.set(good, signed.digest);
    world.judge.imageIds.set(signed.digest, [signed.id]);
    await world.publish(bad, "not signed\n");
    for (const name of [good, bad]) await succeed(world.direct("pull", "-q", name));
  });
  afterAll(() => world?.stop());
  afterEach(async () => {
    // The images of all containers that there are, by the engine itself.
    const ids = (await world.direct("ps", "-aq")).out.split("\n").filter(Boolean);
    const made: string[] = [];
    for (const id of ids)
      made.push((await world.direct("inspect", "-f", "{{.Image}}", id)).out.trim());
    if (ids.length > 0) await world.direct("rm", "-fv", ...ids);
    const others = made.filter((image) => image !== goodId);
    if (others.length > 0) throw new Error(`made of what is not signed: ${others.join(" ")}`);
  });
  const quoted = (text: string): string => JSON.stringify(text);
  const create = (
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> => world.ask("POST", "/v1.41/containers/create", { body, headers });
  const request = (line: string, headers: readonly string[], body: string): string =>
    `${[line, "Host: d", ...headers].join("\r\n")}\r\n\r\n${body}`;
  const plainBody = (): string => `{"Image":${quoted(bad)}}`;
  const json = (body: string): readonly string[] => [
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];

  test.for([
    ["a byte order mark", (): string => `\u{feff}${plainBody()}`],
    ["NaN", (): string => `{"Image":${quoted(good)},"StopTimeout":NaN}`],
    ["Infinity", (): string => `{"Image":${quoted(good)},"StopTimeout":-Infinity}`],
    ["a comment", (): string => `{"Image":${quoted(good)}/*,"Image":${quoted(bad)}*/}`],
    ["a trailing comma", (): string => `{"Image":${quoted(good)},}`],
    ["single quotes", (): string => `{'Image':${quoted(bad)}}`],
    ["trailing data", (): string => `${plainBody()}x`],
    ["a document behind it", (): string => `{"Image":${quoted(good)}}\n${plainBody()}`],
    ["a NUL behind it", (): string => `{"Image":${quoted(good)}}\u0000${plainBody()}`],
    ["a raw line break in a name", (): string => `{"Im\nage":${quoted(bad)}}`],
    ["half a surrogate pair", (): string => `{"Image":${quoted(good)},"Labels":{"\\ud800":"x"}}`],
    ["a key twice", (): string => `{"Image":${quoted(good)},"Image":${quoted(bad)}}`],
    [
      "a key twice, deep inside",
      (): string => `{"Image":${quoted(good)},"HostConfig":{"Privileged":false,"Privileged":true}}`,
    ],
    [
      "an object twice, which is merged",
      (): string =>
        `{"Image":${quoted(good)},"HostConfig":{"Memory":1},"HostConfig":{"Privileged":true}}`,
    ],
    ["the wrong case", (): string => `{"image":${quoted(bad)}}`],
    ["both cases", (): string => `{"Image":${quoted(good)},"IMAGE":${quoted(bad)}}`],
    ["an escape in the wrong case", (): string => `{"\\u0069mage":${quoted(bad)}}`],
    ["U+017F for an s", (): string => `{"Image":${quoted(good)},"Ho\u017ftConfig":{}}`],
    [
      "U+212A for a k",
      (): string => `{"Image":${quoted(good)},"HostConfig":{"Networ\u212aMode":"host"}}`,
    ],
    ["a number for the image", (): string => `{"Image":1}`],
    ["a list for the image", (): string => `{"Image":[${quoted(bad)}]}`],
    ["an object for the image", (): string => `{"Image":{"Image":${quoted(bad)}}}`],
    ["null for the image", (): string => `{"Image":null}`],
    ["a list for everything", (): string => `[${plainBody()}]`],
    ["text for everything", (): string => quoted(plainBody())],
    ["null for everything", (): string => "null"],
    ["a space before the image", (): string => `{"Image":${quoted(` ${bad}`)}}`],
    ["a NUL in the image", (): string => `{"Image":${quoted(`${good}\u0000`)}}`],
    [
      "a number too large to keep",
      (): string => `{"Image":${quoted(good)},"StopTimeout":9007199254740993}`,
    ],
    ["a number without end", (): string => `{"Image":${quoted(good)},"StopTimeout":1e999}`],
    [
      "a nest too deep",
      (): string => `{"Image":${quoted(good)},"Labels":${'{"a":'.repeat(200)}1${"}".repeat(200)}}`,
    ],
    ["an hourglass of lists", (): string => `{"Image":${quoted(good)},"Cmd":${"[".repeat(50_000)}`],
  ] as const)("a body with %s is refused", async ([, body]) => {
    expect((await create(body())).status).toBe(400);
  });

  test("a body that is not UTF-8, or is UTF-16, is refused", async () => {
    const bytes = Buffer.from(plainBody());
    expect((await create(Buffer.concat([bytes, Buffer.from([0xff])]))).status).toBe(400);
    expect((await create(Buffer.from(plainBody(), "utf16le"))).status).toBe(400);
    const overlong = Buffer.concat([
      Buffer.from('{"'),
      Buffer.from([0xc1, 0x89]), // an overlong I
      Buffer.from(`mage":${quoted(bad)}}`),
    ]);
    expect((await create(overlong)).status).toBe(400);
  });

  test("a compressed body is refused, for engines do not unpack one", async () => {
    for (const coding of ["gzip", "identity, gzip", "GZIP"]) {
      const headers = { "content-encoding": coding };
      expect((await create(gzipSync(plainBody()), headers)).status).toBe(400);
    }
    // Named as compressed and not: judged as what it is, and relayed as that alone.
    const headers = { "content-encoding": "gzip" };
    expect((await create(plainBody(), headers)).status).toBe(403);
    expect((await create(`{"Image":${quoted(good)}}`, headers)).status).toBe(201);
  });

  test.for([
    ["", 400],
    ["text/plain", 400],
    ["text/json", 400],
    ["application/octet-stream", 400],
    ["application/x-www-form-urlencoded", 400],
    ["multipart/form-data; boundary=x", 400],
    ["application/json; charset=utf-16", 400],
    ["application/json, text/plain", 400],
    ["Application/JSON", 403],
    ["application/json; charset=utf-8", 403],
    ["application/json;charset=UTF-8", 403],
  ] as const)("a body of type %j is answered with %i", async ([type, status]) => {
    expect((await create(plainBody(), { "content-type": type })).status).toBe(status);
  });

  test("what is relayed is what was judged, however it was written", async () => {
    const written = `\r\n {"\\u0049mage" : ${quoted(good)} ,"Labels":{"a":"\\u0041\\/","A":"1e2"},\t"Cmd":["cat"],"StopTimeout":1e1}\n`;
    const chunked = { "transfer-encoding": "chunked" };
    for (const headers of [{}, chunked]) {
      const made = await create(written, headers);
      expect(made.status).toBe(201);
      const { Id: id } = JSON.parse(made.body) as { Id: string };
      const found = JSON.parse((await world.direct("inspect", id)).out) as {
        Config: { Labels: unknown; StopTimeout: unknown };
      }[];
      expect(found[0]?.Config).toMatchObject({ Labels: { a: "A/", A: "1e2" }, StopTimeout: 10 });
    }
  });

  test("Expect: 100-continue is answered, and what follows is judged", async () => {
    const body = plainBody();
    const line = "POST /v1.41/containers/create HTTP/1.1";
    const headers = [...json(body), "Connection: close", "Expect: 100-continue"];
    const answer = await raw(await world.connect(), request(line, headers, body));
    expect(answer.match(/HTTP\/1\.1 \d+/g)?.at(-1)).toBe("HTTP/1.1 403");
    const other = headers.map((header) => header.replace("100-continue", "200-ok"));
    const refused = await raw(await world.connect(), request(line, other, body));
    expect(refused).toMatch(/^HTTP\/1\.1 417 /);
  });

  test.for([
    ["two lengths", ["Content-Length: 2", "Content-Length: 60"]],
    ["a length and chunks", ["Content-Length: 2", "Transfer-Encoding: chunked"]],
    ["chunks twice", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]],
    ["chunks that are compressed", ["Transfer-Encoding: gzip, chunked"]],
    ["chunks in another spelling", ["Transfer-Encoding: xchunked"]],
    ["a space before the colon", ["Transfer-Encoding : chunked"]],
    ["a folded header", ["X: a", " Transfer-Encoding: chunked"]],
    ["a signed length", ["Content-Length: +60"]],
    ["a length in hexadecimal", ["Content-Length: 0x3c"]],
    ["a list of lengths", ["Content-Length: 60, 60"]],
    ["a bare line feed", ["X: a\nTransfer-Encoding: chunked"]],
    ["a bare carriage return", ["X: a\rTransfer-Encoding: chunked"]],
    ["a NUL in a header", ["X: a\u0000b"]],
  ] as const)("a request with %s ends the connection", async ([, framing]) => {
    const body = plainBody();
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const line = "POST /v1.41/containers/create HTTP/1.1";
    const headers = ["Content-Type: application/json", "Connection: close", ...framing];
    for (const sent of [body, chunks]) {
      const socket = await world.connect();
      const ended = setTimeout(() => socket.end(), 1_000);
      const answer = await raw(socket, request(line, headers, sent));
      clearTimeout(ended);
      expect(answer).not.toMatch(/HTTP\/1\.1 2/);
      expect(answer.match(/HTTP\/1\.1 /g)?.length ?? 0).toBeLessThan(2);
    }
  });

  test("what follows a request is a request of its own, judged like the first", async () => {
    const line = "POST /v1.41/containers/create HTTP/1.1";
    const second = request(line, [...json(plainBody()), "Connection: close"], plainBody());
    const firsts = [
      request("GET /v1.41/info HTTP/1.1", ["Content-Length: 5"], "12345"),
      request("GET /_ping HTTP/1.1", ["Transfer-Encoding: chunked"], "0\r\n\r\n"),
      request("DELETE /v1.41/containers/nosuch HTTP/1.1", json("{}"), "{}"),
      request("POST /v1.41/containers/nosuch/stop HTTP/1.1", json(second), second),
      request("POST /v1.41/containers/prune HTTP/1.1", ["Content-Length: 0"], ""),
      request("HEAD /_ping HTTP/1.1", [], ""),
    ];
    const answer = await raw(await world.connect(), firsts.join("") + second);
    const statuses = answer.match(/HTTP\/1\.1 \d+/g) ?? [];
    expect(statuses).toHaveLength(firsts.length + 1);
    expect(statuses.at(-1)).toBe("HTTP/1.1 403");
  });

  test.for([
    ["an absolute URL", "http://d/v1.41/containers/create"],
    ["an absolute URL of another scheme", "unix:///v1.41/containers/create"],
    ["an encoded letter", "/v1.41/%63ontainers/create"],
    ["an encoded slash", "/v1.41/containers%2Fcreate"],
    ["a double slash", "/v1.41//containers/create"],
    ["double slashes in front", "//v1.41/containers/create"],
    ["a dot segment", "/v1.41/./containers/create"],
    ["two dots", "/v1.41/images/../containers/create"],
    ["encoded dots", "/v1.41/images/%2e%2E/containers/create"],
    ["dots behind an encoded slash", "/v1.41/images/..%2fcontainers/create"],
    ["a backslash", "/v1.41\\containers\\create"],
    ["a semicolon", "/v1.41/containers/create;x=1"],
    ["a fragment", "/v1.41/containers/create#x"],
    ["a slash behind it", "/v1.41/containers/create/"],
    ["capitals", "/v1.41/CONTAINERS/create"],
    ["a version twice", "/v1.41/v1.41/containers/create"],
    ["a version too new", "/v1.56/containers/create"],
    ["a version too old", "/v1.23/containers/create"],
    ["a version with a zero", "/v1.041/containers/create"],
    ["a version of three parts", "/v1.41.0/containers/create"],
    ["a version without a minor number", "/v1/containers/create"],
    ["a version in capitals", "/V1.41/containers/create"],
    ["another language's version", "/v1.\u0664\u0661/containers/create"],
    ["a tab", "/v1.41/containers/create\t"],
  ] as const)("%s in the path is refused", async ([, target]) => {
    const body = plainBody();
    const headers = [...json(body), "Connection: close"];
    const line = `POST ${target} HTTP/1.1`;
    const answer = await raw(await world.connect(), request(line, headers, body));
    expect(answer).toMatch(/^HTTP\/1\.1 40[03] /);
  });

  test.for([
    "PUT",
    "PATCH",
    "DELETE",
    "GET",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "M-SEARCH",
    "post",
    "PoST",
  ])("the method %s creates nothing", async (method) => {
    const body = plainBody();
    const headers = [...json(body), "Connection: close"];
    const line = `${method} /v1.41/containers/create HTTP/1.1`;
    const answer = await raw(await world.connect(), request(line, headers, body));
    expect(answer).toMatch(/^HTTP\/1\.1 40[034] /);
  });

  test("no header makes one method another, or one target another", async () => {
    for (const headers of [
      { "x-http-method-override": "POST", "x-original-url": "/containers/create" },
      { "x-forwarded-prefix": "/containers/create", "x-rewrite-url": "/v1.41/containers/create" },
    ]) {
      const answer = await world.ask("GET", "/v1.41/containers/json", {
        headers: { ...headers, "content-length": String(plainBody().length) },
        body: plainBody(),
      });
      expect(answer).toMatchObject({ status: 200, body: "[]\n" });
    }
  });

  test("an operation without body sends the engine none, in whatever way it came", async () => {
    const made = await create(`{"Image":${quoted(good)}}`);
    const { Id: id } = JSON.parse(made.body) as { Id: string };
    for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
      const body = `{"Image":${quoted(bad)}}`;
      const target = `/v1.41/containers/${id}/rename?name=renamed-${Object.keys(headers).length}`;
      expect(await world.ask("POST", target, { body, headers })).toMatchObject({ status: 204 });
    }
  });

  test("a body in which nothing is judged is read as strictly, and written anew", async () => {
    const target = "/v1.41/networks/create";
    for (const body of [`{"Name":"a","Name":"b"}`, `{"Name":"a"}{}`, `\u{feff}{"Name":"a"}`, `[]`])
      for (const path of [target, "/v1.41/networks/x/connect", "/v1.41/secrets/create"])
        expect((await world.ask("POST", path, { body })).status).toBe(400);
    // What some clients send for nothing is nothing.
    for (const body of ["null", ""])
      expect((await world.ask("POST", target, { body })).status).toBe(400);
    const headers = { "content-type": "text/plain" };
    const other = { headers, body: `{"Container":"x"}` };
    expect((await world.ask("POST", "/v1.41/networks/x/connect", other)).status).toBe(400);
    const large = { body: JSON.stringify({ Data: "x".repeat(3_000_000) }) };
    expect((await world.ask("POST", "/v1.41/configs/create", large)).status).toBe(413);
  });

  test("who leaves before an archive has begun leaves nothing behind", async () => {
    world.build = "judge";
    const ends = (): number =>
      world.logged.filter((line) => line.includes("/build") && line.includes('"status":499'))
        .length;
    for (const [index, begun] of ["", "abc", "x".repeat(60)].entries()) {
      const socket = await world.connect();
      socket.on("error", () => undefined);
      const headers = ["Content-Type: application/x-tar", "Content-Length: 2048"];
      socket.write(request("POST /v1.41/build HTTP/1.1", headers, begun));
      await delay(100); // until the gateway reads the archive; too short a time only tries less
      socket.destroy();
      await expect.poll(ends, { timeout: 10_000 }).toBe(index + 1);
    }
    world.build = "allow";
  });

  test("a restart policy is judged as a start, for the engine acts on it by itself", async () => {
    world.judge.mode = "off";
    const made = await create(plainBody());
    world.judge.mode = "enforce";
    const { Id: id } = JSON.parse(made.body) as { Id: string };
    const update = (body: unknown): Promise<Answer> =>
      world.ask("POST", `/v1.41/containers/${id}/update`, { body: JSON.stringify(body) });
    const always = await update({ RestartPolicy: { Name: "always" } });
    expect(always.status).toBe(403);
    expect(always.body).toContain("is not signed");
    expect((await update({ restartPolicy: { Name: "always" } })).status).toBe(400);
    expect((await update({ RestartPolicy: { name: "always" } })).status).toBe(400);
    expect((await update({ CpuShares: 512, RestartPolicy: { Name: "no" } })).status).toBe(200);
    const unpaused = await world.ask("POST", `/v1.41/containers/${id}/unpause`);
    expect(unpaused.body).toContain("is not signed");
    await world.direct("rm", "-f", id);
    const ran = await world.docker(["create", "--network", "none", good]);
    await succeed(world.docker(["update", "--restart", "always", ran.out.trim()]));
    await succeed(world.docker(["update", "--cpu-shares", "512", ran.out.trim()]));
  });
});
