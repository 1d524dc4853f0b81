import { pino } from "pino";
import { Agent, FormData, request, type Dispatcher } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CodedError } from "#domain/kernel";
import { parseGun, parseRegistryHost, parseScope } from "#domain/oci";
import { parsePublicKey, parseRoleName, rootRole, targetsRole, type RoleName } from "#domain/tuf";
import { certifiedKey, signRoot, signTargets, testKey, testRepository } from "#domain/tuf/testing";
import type { TestKey, TestRepository } from "#domain/tuf/testing";
import { serveHttp, type RunningServer } from "#faces/http";
import { trustFace } from "#faces/trust";
import type { TokenVerifier } from "#services/accounts";
import { createTrustService, type TrustService } from "#services/trust";
import { inMemoryKeyVault, inMemoryMetadataStore } from "#services/trust/testing";

const start = Date.UTC(2026, 5, 1);
const host = parseRegistryHost("registry.test");
const { gun } = parseGun("registry.test/acme/web");
const qa = parseRoleName("targets/qa");
const o = { signal: new AbortController().signal };

class BadToken extends CodedError<"accounts/token-invalid"> {}

/** Tokens here are scopes in hex: what a token says is what it gives. */
const tokens: TokenVerifier = {
  verify(token) {
    if (token === "forged") return Promise.reject(new BadToken("accounts/token-invalid", "forged"));
    const scopes = Buffer.from(token, "hex").toString().split(" ").filter(Boolean);
    return Promise.resolve({ account: undefined, scopes: scopes.map(parseScope) });
  },
};
const tokenFor = (...scopes: readonly string[]): string =>
  Buffer.from(scopes.join(" ")).toString("hex");
const pull = tokenFor(`repository:${gun}:pull`);
const push = tokenFor(`repository:${gun}:pull,push`);
const all = tokenFor(`repository:${gun}:*`, "registry:catalog:*");

let server: RunningServer;
let agent: Agent;
let trust: TrustService;
let owner: TestRepository;

beforeAll(async () => {
  const identity = await certifiedKey({
    name: "localhost",
    notBefore: Date.now() - 60_000,
    notAfter: Date.now() + 3_600_000,
  });
  const key = identity.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  trust = createTrustService({
    store: inMemoryMetadataStore(),
    keys: inMemoryKeyVault(),
    clock: () => start,
    registryHost: host,
  });
  const challenge = { realm: "https://registry.test/token", service: "registry.test" };
  server = await serveHttp(
    {
      faces: [trustFace({ trust, tokens, challenge })],
      tls: { certificate: identity.pem, key },
      log: pino({ level: "silent" }),
      drainSeconds: 1,
    },
    { host: "127.0.0.1", port: 0 },
  );
  agent = new Agent({ connect: { ca: identity.pem, host: "127.0.0.1", servername: "localhost" } });
  owner = await testRepository(gun, start);
});

afterAll(async () => {
  await agent.close();
  await server.close();
});

type Answer = {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly text: string;
};

async function call(
  method: Dispatcher.HttpMethod,
  path: string,
  options: {
    readonly token?: string;
    readonly body?: FormData | string;
    readonly type?: string;
  } = {},
): Promise<Answer> {
  const { statusCode, headers, body } = await request(`https://localhost:${server.port}${path}`, {
    method,
    dispatcher: agent,
    ...(options.body === undefined ? {} : { body: options.body }),
    headers: {
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.type === undefined ? {} : { "content-type": options.type }),
    },
  });
  return { status: statusCode, headers, text: await body.text() };
}

const tuf = `/v2/${gun}/_trust/tuf`;
const errorOf = (answer: Answer): unknown => {
  const { errors } = JSON.parse(answer.text) as { errors: readonly unknown[] };
  expect(errors).toHaveLength(1);
  expect(answer.text.length).toBeLessThan(1_024);
  return errors[0];
};

function form(...parts: readonly (readonly [string, Uint8Array | string])[]): FormData {
  const body = new FormData();
  for (const [name, bytes] of parts) {
    const blob = new Blob([typeof bytes === "string" ? bytes : new Uint8Array(bytes)]);
    body.append("files", blob, name);
  }
  return body;
}

async function serverKey(role: "timestamp" | "snapshot"): Promise<TestKey> {
  const answer = await call("GET", `${tuf}/${role}.key`, { token: push });
  expect(answer.text).toMatch(
    /^\{"keytype":"ecdsa","keyval":\{"public":"[^"]+","private":null\}\}$/,
  );
  const listed = parsePublicKey(JSON.parse(answer.text) as never);
  return { ...testKey(), listed: listed as TestKey["listed"] };
}

const signedParts = async (): Promise<readonly (readonly [RoleName, Uint8Array])[]> => [
  [rootRole, await signRoot(owner)],
  [targetsRole, await signTargets(owner.targets)],
];

describe("before anything is published", () => {
  test.for([
    ["GET", `${tuf}/root.json`, `repository:${gun}:pull`],
    ["GET", `${tuf}/timestamp.key`, `repository:${gun}:push,pull`],
    ["POST", `${tuf}/`, `repository:${gun}:push,pull`],
    ["POST", `${tuf}/timestamp.key`, `repository:${gun}:push,pull`],
    ["DELETE", `${tuf}/`, `repository:${gun}:*`],
    ["GET", `/v2/${gun}/_trust/changefeed`, `repository:${gun}:pull`],
    ["GET", "/v2/_trust/changefeed", "registry:catalog:*"],
  ] as const)("%s %s asks who you are", async ([method, path, scope]) => {
    const challenge = `Bearer realm="https://registry.test/token",service="registry.test",scope="${scope}"`;
    const anonymous = await call(method, path);
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers["www-authenticate"]).toBe(challenge);
    expect(errorOf(anonymous)).toMatchObject({ code: "UNAUTHORIZED" });
    const forged = await call(method, path, { token: "forged" });
    expect(forged.headers["www-authenticate"]).toBe(`${challenge},error="invalid_token"`);
    const other = tokenFor("repository:registry.test/acme/web2:*", "repository:acme/web:*");
    const poor = await call(method, path, { token: other });
    expect(poor.headers["www-authenticate"]).toBe(`${challenge},error="insufficient_scope"`);
  });

  test("there is nothing to read", async () => {
    for (const file of [
      "root.json",
      "1.root.json",
      `root.${"a".repeat(64)}.json`,
      "targets/qa.json",
      "targets/QA.json",
      `root.${"A".repeat(64)}.json`,
      `root.${"a".repeat(128)}.json`,
      `${"9".repeat(40)}.root.json`,
    ]) {
      const answer = await call("GET", `${tuf}/${file}`, { token: pull });
      expect(answer.status).toBe(404);
      expect(errorOf(answer)).toMatchObject({ code: "METADATA_NOT_FOUND", detail: {} });
    }
    for (const file of ["root.key", "root", "mirrors.json", "targets/a b.json"]) {
      const answer = await call("GET", `${tuf}/${file}`, { token: pull });
      expect(answer.status).toBe(404);
      expect(errorOf(answer)).not.toHaveProperty("detail");
    }
  });
});

describe("an update", () => {
  test("is published as a whole and read back byte for byte in three ways", async () => {
    owner.timestamp.keys = [await serverKey("timestamp")];
    owner.snapshot.keys = [await serverKey("snapshot")];
    const child = owner.delegate(qa, {});
    const parts = await signedParts();
    const named: readonly (readonly [string, Uint8Array])[] = [
      ...parts,
      ["targets/qa.json", await signTargets(child)],
      ["timestamp", new TextEncoder().encode("{}")],
    ];
    const answer = await call("POST", `${tuf}/`, { token: push, body: form(...named) });
    expect([answer.status, answer.text]).toEqual([200, ""]);
    const [, targets] = parts.map(([, bytes]) => new TextDecoder().decode(bytes));
    const stored = await trust.current(gun, targetsRole, o);
    const current = await call("GET", `${tuf}/targets.json`, { token: pull });
    expect(current).toMatchObject({ status: 200, text: targets });
    expect(current.headers["cache-control"]).toBe("max-age=0, no-cache, no-store");
    expect(current.headers["last-modified"]).toBe("Mon, 01 Jun 2026 00:00:00 GMT");
    const named2 = await call("GET", `${tuf}/targets.${stored?.sha256 ?? ""}.json`, {
      token: pull,
    });
    expect(named2).toMatchObject({ status: 200, text: targets });
    expect(named2.headers["cache-control"]).toBe("private, max-age=2592000");
    const numbered = await call("GET", `${tuf}/001.targets.json`, { token: pull });
    expect(numbered).toMatchObject({ status: 200, text: targets });
    const delegated = await call("GET", `${tuf}/targets/qa.json`, { token: pull });
    expect(delegated.status).toBe(200);
    const upper = (stored?.sha256 ?? "").toUpperCase();
    const missed = await call("GET", `${tuf}/targets.${upper}.json`, { token: pull });
    expect(missed.status).toBe(404);
  });

  test.for<readonly [string, () => FormData | string, string, number, unknown]>([
    ["that is no form", () => "{}", "application/json", 400, { code: "MALFORMED_UPLOAD" }],
    [
      "that breaks off",
      () => '--b\r\ncontent-disposition: form-data; name="files"; filename="root"\r\n\r\n{',
      "multipart/form-data; boundary=b",
      400,
      { code: "MALFORMED_UPLOAD" },
    ],
    [
      "without a file name",
      () => '--b\r\ncontent-disposition: form-data; name="files"\r\n\r\n{}\r\n--b--\r\n',
      "multipart/form-data; boundary=b",
      400,
      { code: "NO_FILENAME" },
    ],
    [
      "of a role that is none",
      () => form(["targets/UPPER", "{}"]),
      "",
      400,
      { code: "INVALID_ROLE", detail: "targets/UPPER" },
    ],
    [
      "of a role with a name that takes much room to tell",
      () => form(["é\u0001\\".repeat(400), "{}"]),
      "",
      400,
      { code: "INVALID_ROLE" },
    ],
    [
      "of a path",
      () => form(["../root", "{}"]),
      "",
      400,
      { code: "INVALID_ROLE", detail: "../root" },
    ],
    ["that is no JSON", () => form(["targets", "{"]), "", 400, { code: "MALFORMED_JSON" }],
    [
      "with a member twice",
      () => form(["targets", '{"signed":{},"signed":{},"signatures":[]}']),
      "",
      400,
      { code: "MALFORMED_JSON" },
    ],
  ])("%s is refused", async ([, body, type, status, error]) => {
    const options = { token: push, body: body(), ...(type === "" ? {} : { type }) };
    const answer = await call("POST", `${tuf}/`, options);
    expect(answer.status).toBe(status);
    expect(errorOf(answer)).toMatchObject(error as object);
  });

  test("that is too large is refused before it is read", async () => {
    const sent = call("POST", `${tuf}/`, {
      token: push,
      type: "multipart/form-data; boundary=b",
      body: "x".repeat(49 * 1_048_576),
    });
    // The server answers and closes while the client still writes: it sees the answer or the closed door.
    const outcome = await sent.then(
      ({ status }) => status,
      () => "closed",
    );
    expect([413, "closed"]).toContain(outcome);
  });

  test("that is not newer, or breaks a rule, is told in the client's words", async () => {
    const again = await call("POST", `${tuf}/`, {
      token: push,
      body: form(...(await signedParts())),
    });
    expect(again.status).toBe(400);
    expect(errorOf(again)).toMatchObject({ code: "VERSION", detail: {} });
    owner.targets.version = 2;
    const forged = await signTargets(owner.targets, [testKey()]);
    const wrong = await call("POST", `${tuf}/`, { token: push, body: form([targetsRole, forged]) });
    expect(errorOf(wrong)).toMatchObject({
      code: "INVALID_UPDATE",
      detail: {
        Name: "ErrBadTargets",
        Error: { Msg: "valid signatures did not meet threshold for targets" },
      },
    });
  });

  test("for a name outside our registry is refused before anybody is asked who they are", async () => {
    const answer = await call("POST", "/v2/elsewhere.test/acme/_trust/tuf/", { body: form() });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({
      code: "INVALID_GUN",
      detail: "Require GUNs with prefix: [registry.test/]",
    });
    const read = await call("GET", "/v2/elsewhere.test/acme/_trust/tuf/root.json");
    expect(read.status).toBe(404);
  });
});

describe("keys, feeds and the end", () => {
  test("a new key is given out on request, to whoever may publish the root that names it", async () => {
    const poor = await call("POST", `${tuf}/timestamp.key`, { token: pull });
    expect(poor.status).toBe(401);
    const now = await call("GET", `${tuf}/timestamp.key`, { token: push });
    const next = await call("POST", `${tuf}/timestamp.key`, { token: all });
    expect(next.status).toBe(200);
    expect(next.text).not.toBe(now.text);
    expect((await call("POST", `${tuf}/timestamp.key`, { token: all })).text).toBe(next.text);
    expect((await call("GET", `${tuf}/timestamp.key`, { token: push })).text).toBe(now.text);
    expect((await call("POST", `${tuf}/root.key`, { token: all })).status).toBe(404);
  });

  test("the change feed, of one repository and of all", async () => {
    await call("POST", `${tuf}/`, { token: push, body: form() });
    const one = await call("GET", `/v2/${gun}/_trust/changefeed?records=10`, { token: pull });
    const feed = JSON.parse(one.text) as { count: number; records: readonly object[] };
    expect(feed.count).toBe(2);
    expect(feed.records[0]).toEqual({
      ID: "1",
      CreatedAt: "2026-06-01T00:00:00.000Z",
      GUN: gun,
      Version: 1,
      SHA256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      Category: "update",
    });
    const last = await call("GET", "/v2/_trust/changefeed?records=1&change_id=-1", { token: all });
    expect(JSON.parse(last.text)).toMatchObject({ count: 1, records: [{ ID: "2" }] });
    const after = await call("GET", "/v2/_trust/changefeed?records=5&change_id=1", { token: all });
    expect(JSON.parse(after.text)).toMatchObject({ records: [{ ID: "2" }] });
    for (const query of ["", "?records=x", "?records=9999999999", "?records=1&change_id=x"]) {
      const answer = await call("GET", `/v2/_trust/changefeed${query}`, { token: all });
      expect(answer.status).toBe(400);
      expect(errorOf(answer)).toMatchObject({ code: "INVALID_PARAMETERS" });
    }
  });

  test("removing takes everything, and may be said twice", async () => {
    expect((await call("DELETE", `${tuf}/`, { token: push })).status).toBe(401);
    for (const _time of [1, 2])
      expect(await call("DELETE", `${tuf}/`, { token: all })).toMatchObject({
        status: 200,
        text: "",
      });
    expect((await call("GET", `${tuf}/root.json`, { token: pull })).status).toBe(404);
    const feed = await call("GET", `/v2/${gun}/_trust/changefeed?records=-1`, { token: pull });
    expect(JSON.parse(feed.text)).toMatchObject({
      records: [{ Category: "deletion", Version: 0 }],
    });
  });

  test("what else lies under _trust is not there", async () => {
    expect((await call("GET", `/v2/${gun}/_trust/other`, { token: all })).status).toBe(404);
    expect((await call("HEAD", `${tuf}/root.json`, { token: all })).status).toBe(404);
    expect((await call("GET", `/v2/${gun}/_trust/other`)).status).toBe(401);
  });
});
