import { afterAll, beforeAll, expect, test } from "vitest";
import {
  passwords,
  registryWorld,
  type Answer,
  type RegistryWorld,
} from "./testing/registry-world.ts";

let world: RegistryWorld;
beforeAll(async () => {
  world = await registryWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const basic = (name: string, password = passwords.get(name) ?? ""): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
const ask = (query: string, authorization?: string): Promise<Answer> =>
  world.send("GET", `/auth/token${query}`, {
    headers: authorization === undefined ? {} : { authorization },
  });
const form = (fields: Record<string, string>): Promise<Answer> =>
  world.send("POST", "/auth/token", {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  });
const tokenOf = (answer: Answer): string => (answer.json() as { token: string }).token;
const begin = (repository: string, token: string): Promise<Answer> =>
  world.send("POST", `/v2/${repository}/blobs/uploads/`, { token });

test("a password gives a token, under both of its names", async () => {
  const answer = await ask(
    "?service=registry&account=alice&scope=repository:acme/web:pull,push",
    basic("alice"),
  );
  expect(answer.status).toBe(200);
  expect(answer.json()).toEqual({
    token: tokenOf(answer),
    access_token: tokenOf(answer),
    expires_in: 300,
    issued_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  });
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect((await begin("acme/web", tokenOf(answer))).status).toBe(202);
});

test.for([
  ["several parameters", "scope=repository:acme/a:pull,push&scope=repository:acme/b:pull,push"],
  ["several words", "scope=repository:acme/a:pull,push%20repository:acme/b:pull,push"],
] as const)("scopes may come as %s", async ([, query]) => {
  const token = tokenOf(await ask(`?service=registry&${query}`, basic("alice")));
  for (const repository of ["acme/a", "acme/b"])
    expect((await begin(repository, token)).status).toBe(202);
});

test("nobody gets a token too, but not for what is private", async () => {
  const answer = await ask("?service=registry&scope=repository:acme/web:pull,push");
  expect(answer.status).toBe(200);
  expect((await begin("acme/web", tokenOf(answer))).code).toBe("DENIED");
  expect((await world.send("GET", "/v2/", { token: tokenOf(answer) })).status).toBe(200);
});

test.for([
  ["a wrong password", basic("alice", "wrong")],
  ["an unknown name", basic("mallory", "x")],
  ["no colon", `Basic ${Buffer.from("alice").toString("base64")}`],
  ["no base64", "Basic ***"],
  ["another scheme", "Bearer abc"],
] as const)("%s is refused", async ([, authorization]) => {
  const answer = await ask("?service=registry", authorization);
  expect(answer).toMatchObject({ status: 401, code: "UNAUTHORIZED" });
  expect(answer.headers.get("www-authenticate")).toMatch(/^Basic realm=/);
});

test("a password may hold colons", async () => {
  expect(await ask("?service=registry", basic("alice", "a:b"))).toMatchObject({ status: 401 });
});

test("a locked account is told when to come back", async () => {
  const answer = await ask("?service=registry", basic("locked", "x"));
  expect(answer).toMatchObject({ status: 429, code: "TOOMANYREQUESTS" });
  expect(answer.headers.get("retry-after")).toBe("30");
});

test("a scope that cannot be read is refused", async () => {
  expect(await ask("?service=registry&scope=everything", basic("alice"))).toMatchObject({
    status: 400,
  });
  const many = "&scope=repository:a:pull".repeat(101);
  expect(await ask(`?service=registry${many}`, basic("alice"))).toMatchObject({ status: 400 });
});

test("a form with a password gives a token and no refresh token", async () => {
  const answer = await form({
    grant_type: "password",
    username: "alice",
    password: passwords.get("alice") ?? "",
    service: "registry",
    client_id: "docker",
    access_type: "offline",
    scope: "repository:acme/web:pull,push repository:acme/api:pull,push",
  });
  expect(answer.json()).not.toHaveProperty("refresh_token");
  for (const repository of ["acme/web", "acme/api"])
    expect((await begin(repository, tokenOf(answer))).status).toBe(202);
});

test("a form with anything else is refused", async () => {
  const refresh = await form({ grant_type: "refresh_token", refresh_token: "x" });
  expect(refresh.status).toBe(400);
  expect(refresh.json()).toMatchObject({ error: "unsupported_grant_type" });
  expect((await form({ grant_type: "password", username: "alice" })).status).toBe(401);
  const wrong = { grant_type: "password", username: "alice", password: "wrong" };
  expect((await form(wrong)).status).toBe(401);
  const large = await form({ grant_type: "password", username: "x".repeat(70_000) });
  expect(large.status).toBe(413);
  const text = await world.send("POST", "/auth/token", { body: "grant_type=password" });
  expect(text.status).toBe(415);
});
