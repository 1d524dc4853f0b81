import { expect, test } from "vitest";
import type { Clock } from "#domain/kernel";
import { createAuthorizer, type Authorizer } from "./authorize.ts";
import type { Credentials } from "./credentials.ts";
import { createHttpClient, type HttpClient } from "./http-client.ts";
import { defaultLimits } from "./limits.ts";
import { answeringServer, type AnsweringServer } from "./testing/index.ts";

const o = { signal: AbortSignal.timeout(30_000) };
const alice = { username: "alice", password: "a-secret-word" };

type World = AsyncDisposable & {
  readonly server: AnsweringServer;
  /** What was asked of the token server: the parameters, and who asked. */
  readonly handshakes: string[];
  /** Whose token opens; `*` is anybody's. */
  opens: string;
  /** Whether the token server gives tokens to nobody in particular. */
  anonymous: boolean;
  issued: number;
  questions: number;
  now: number;
  get: (scope?: string) => Promise<number>;
  authorizer: Authorizer;
};

async function world(who: Credentials | undefined = alice, anonymousFirst = true): Promise<World> {
  const server = await answeringServer();
  const clock: Clock = () => here.now;
  const http: HttpClient = createHttpClient({
    ...{ tls: { ca: server.caPem }, clock },
    limits: defaultLimits,
  });
  const here: World = {
    server,
    handshakes: [],
    ...{ opens: "alice", anonymous: true, issued: 0, questions: 0, now: 1_000 },
    authorizer: createAuthorizer({
      http,
      clock,
      credentials: () => {
        here.questions += 1;
        return Promise.resolve(who);
      },
    }),
    async get(scope = "repository:a:pull") {
      const url = new URL(`${server.url}/file`);
      const wanted = { scope, anonymousFirst };
      const once = (headers: Readonly<Record<string, string>>) =>
        http.ask({ url, headers, maxBytes: 100 }, o);
      return (await here.authorizer.send(wanted, once, o)).status;
    },
    async [Symbol.asyncDispose]() {
      http.close();
      await server[Symbol.asyncDispose]();
    },
  };
  server.answer = (request, response) => {
    const { authorization = "" } = request.headers;
    if (request.url?.startsWith("/token") === true) {
      const [, basic] = authorization.split(" ");
      const name = basic === undefined ? "" : Buffer.from(basic, "base64").toString().split(":")[0];
      let form = "";
      request.on("data", (chunk: Buffer) => (form += chunk.toString()));
      request.on("end", () => {
        here.handshakes.push(`${name} ${request.url?.slice("/token".length)}${form}`);
        const account = form.includes("refresh_token=idt") ? "alice" : name;
        if (account === "" && !here.anonymous) return void response.writeHead(401).end();
        here.issued += 1;
        response.end(JSON.stringify({ token: `${account}.${here.issued}`, expires_in: 120 }));
      });
      return;
    }
    const [, token] = /^Bearer (.*)\./.exec(authorization) ?? [];
    if (token !== undefined && (here.opens === "*" || here.opens === token))
      return void response.end("file");
    const challenge = `Bearer realm="${server.url}/token",service="lab",scope="repository:evil:*"`;
    response.writeHead(401, { "www-authenticate": challenge }).end();
  };
  return here;
}

const scopeText = "scope=repository%3Aa%3Apull";

test("what everybody may read asks for no name", async () => {
  await using here = await world();
  here.opens = "*";
  expect([await here.get(), await here.get()]).toEqual([200, 200]);
  expect(here.handshakes).toEqual([` ?service=lab&${scopeText}`]);
  expect(here.questions).toBe(0);
  expect(here.server.asked.filter((asked) => asked === "GET /file")).toHaveLength(3);
});

test("who we are is said when nobody is refused, and is asked once", async () => {
  await using here = await world();
  expect([await here.get(), await here.get()]).toEqual([200, 200]);
  expect(here.handshakes).toEqual([
    ` ?service=lab&${scopeText}`,
    `alice ?service=lab&${scopeText}&account=alice`,
  ]);
  expect(await here.get("repository:b:pull")).toBe(200);
  expect(here.questions).toBe(1);
});

test("a token server that refuses nobody in particular is told who we are", async () => {
  await using here = await world();
  here.anonymous = false;
  expect(await here.get()).toBe(200);
  expect(here.issued).toBe(1);
  expect(here.server.asked.filter((asked) => asked === "GET /file")).toHaveLength(2);
});

test("who writes says a name at once", async () => {
  await using here = await world(alice, false);
  expect(await here.get("repository:a:push,pull repository:b:pull")).toBe(200);
  expect(here.handshakes).toEqual([
    "alice ?service=lab&scope=repository%3Aa%3Apush%2Cpull&scope=repository%3Ab%3Apull&account=alice",
  ]);
});

test("however many ask at once, one token is asked for", async () => {
  await using here = await world();
  const all = await Promise.all(Array.from({ length: 12 }, () => here.get()));
  expect(new Set(all)).toEqual(new Set([200]));
  expect(here.handshakes).toHaveLength(2);
  expect(here.questions).toBe(1);
});

test("a second repository of the same server costs no second refusal", async () => {
  await using here = await world(alice, false);
  await here.get();
  here.server.asked.length = 0;
  await here.get("repository:b:pull");
  expect(here.server.asked.map((asked) => asked.split("?")[0])).toEqual([
    "GET /token",
    "GET /file",
  ]);
});

test("a token that ended is asked for anew, as the same somebody", async () => {
  await using here = await world();
  await here.get();
  here.now += 111_000;
  here.server.asked.length = 0;
  expect(await here.get()).toBe(200);
  expect(here.server.asked).toHaveLength(2);
  expect(here.handshakes.at(-1)).toContain("account=alice");
  expect(here.questions).toBe(1);
});

test("a server that refuses everything is asked a few times and no more", async () => {
  for (const who of [alice, undefined])
    for (const anonymousFirst of [true, false]) {
      await using here = await world(who, anonymousFirst);
      here.opens = "nobody at all";
      await expect(here.get()).rejects.toMatchObject({ code: "remotes/not-authorized" });
      expect(here.server.asked.length).toBeLessThanOrEqual(5);
    }
});

test("a server that refuses what it took before is asked a few times and no more", async () => {
  await using here = await world();
  await here.get();
  here.opens = "nobody at all";
  here.server.asked.length = 0;
  await expect(here.get()).rejects.toMatchObject({ code: "remotes/not-authorized" });
  expect(here.server.asked.length).toBeLessThanOrEqual(5);
});

test("an identity token is exchanged for a token, as docker does", async () => {
  await using here = await world({ username: "", password: "", identityToken: "idt" }, false);
  expect(await here.get()).toBe(200);
  expect(here.handshakes).toEqual([
    ` client_id=docker&grant_type=refresh_token&refresh_token=idt&${scopeText}&service=lab`,
  ]);
});

test("a caller who gives up does not stop the others who wait for the same token", async () => {
  await using here = await world();
  const { answer } = here.server;
  const asked = Promise.withResolvers<() => void>();
  here.server.answer = (request, response) => {
    if (request.url?.startsWith("/token") === true) asked.resolve(() => answer(request, response));
    else answer(request, response);
  };
  const stop = new AbortController();
  const { authorizer } = here;
  const impatient = authorizer.send(
    { scope: "repository:a:pull", anonymousFirst: true },
    () =>
      Promise.resolve({
        status: 401,
        headers: new Map([["www-authenticate", `Bearer realm="${here.server.url}/token"`]]),
        body: new Uint8Array(),
      }),
    { signal: stop.signal },
  );
  const patient = here.get();
  const goOn = await asked.promise;
  stop.abort(new Error("enough"));
  await expect(impatient).rejects.toThrow("enough");
  here.opens = "*";
  goOn();
  expect(await patient).toBe(200);
  expect(here.issued).toBe(1);
});

test.for([
  ["not JSON", "token"],
  ["another shape", `{"token":5}`],
  ["an empty token", `{"token":""}`],
  ["a token with a header in it", `{"token":"a\\r\\nx-evil: 1"}`],
  ["a token with a space in it", `{"token":"a b"}`],
  ["a lifetime below nothing", `{"token":"a","expires_in":-1}`],
  ["a lifetime that is text", `{"token":"a","expires_in":"60"}`],
  ["two tokens in one name", `{"token":"a","token":"b"}`],
  ["more than anybody reads", `{"token":"${"a".repeat(70_000)}"}`],
  ["a list", `["a"]`],
] as const)("a token server that answers %s is not believed", async ([, body]) => {
  await using here = await world();
  const { answer } = here.server;
  here.server.answer = (request, response) => {
    if (request.url?.startsWith("/token") === true) response.end(body);
    else answer(request, response);
  };
  await expect(here.get()).rejects.toMatchObject({ code: "remotes/answer-unexpected" });
});

test.for([301, 302, 307, 500, 204])(
  "a token server that answers %d gives no token",
  async (status) => {
    await using here = await world();
    const { answer } = here.server;
    here.server.answer = (request, response) => {
      if (request.url?.startsWith("/token") !== true) return answer(request, response);
      response.writeHead(status, { location: `${here.server.url}/elsewhere` }).end();
    };
    const code = "remotes/answer-unexpected";
    await expect(here.get()).rejects.toMatchObject({ code, status });
    expect(here.server.asked).not.toContain("GET /elsewhere");
  },
);
