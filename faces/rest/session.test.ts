import { fetch as undiciFetch } from "undici";
import { expect, test } from "vitest";
import { createClient } from "#contracts";
import { restWorld, type RestWorld } from "./testing/rest-world.ts";

const credentials = { username: "root", password: "root-password" };
const cookie = { ...credentials, transport: "cookie" };

async function withRoot(): Promise<RestWorld> {
  const world = await restWorld();
  await world.person("root", { isAdmin: true });
  return world;
}

test("a browser's session is in a cookie that no script and no other site gets", async () => {
  await using world = await withRoot();
  const { headers, json } = await world.send("POST", "/api/v1/session", { body: cookie });
  expect(headers.get("set-cookie")).toMatch(
    /^__Host-countersign=[\w-]{43}; Max-Age=604800; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
  );
  expect(json()).not.toHaveProperty("token");
  expect(headers.get("cache-control")).toBe("no-store");
});

test("a program's token is in the answer, and no cookie is set", async () => {
  await using world = await withRoot();
  const body = { ...credentials, transport: "bearer" };
  const { headers, json } = await world.send("POST", "/api/v1/session", { body });
  expect(json()).toMatchObject({ token: expect.stringMatching(/^[\w-]{43}$/) as string });
  expect(headers.has("set-cookie")).toBe(false);
});

test.for(["cookie", "bearer"] as const)("signing out ends a session by %s", async (transport) => {
  await using world = await withRoot();
  const root = await world.as("root", transport);
  expect((await root("GET", "/api/v1/session")).json()).toMatchObject({ user: { name: "root" } });
  const out = await root("DELETE", "/api/v1/session");
  expect([out.status, out.headers.get("set-cookie")]).toEqual([
    204,
    expect.stringContaining("Max-Age=0"),
  ]);
  expect((await root("GET", "/api/v1/session")).status).toBe(401);
});

test("five wrong passwords lock the account, and say for how long", async () => {
  await using world = await withRoot();
  const body = { ...cookie, password: "wrong" };
  for (let time = 0; time < 5; time += 1) {
    const { status, json } = await world.send("POST", "/api/v1/session", { body });
    expect([status, json()]).toMatchObject([401, { code: "accounts/credentials-wrong" }]);
  }
  const locked = await world.send("POST", "/api/v1/session", { body: cookie });
  expect([locked.status, locked.json()]).toMatchObject([429, { code: "accounts/locked" }]);
  expect(locked.headers.get("retry-after")).toBe("30");
});

test("whether a name exists cannot be told from the answer", async () => {
  await using world = await withRoot();
  const answers = await Promise.all(
    ["root", "nobody"].map((username) =>
      world.send("POST", "/api/v1/session", { body: { ...cookie, username, password: "wrong" } }),
    ),
  );
  expect(answers[0]?.text).toBe(answers[1]?.text);
});

const body = { name: "acme" };
test.for([
  ["another site's page", { origin: "https://evil.example" }, 403],
  ["a page without origin", { origin: "null" }, 403],
  ["an unsafe page of the same host", { origin: "http://HOST" }, 403],
  ["the same host's other port", { origin: "https://localhost:1" }, 403],
  ["another site, by the browser's own word", { "sec-fetch-site": "cross-site" }, 403],
  ["a sibling site", { "sec-fetch-site": "same-site" }, 403],
  ["our own page", { origin: "https://HOST", "sec-fetch-site": "same-origin" }, 201],
  ["a program", {}, 201],
] as const)("with a cookie, a change from %s is answered %i", async ([, headers, status]) => {
  await using world = await withRoot();
  const root = await world.as("root", "cookie");
  const given = Object.entries(headers).map(([key, text]) => [
    key,
    text.replace("HOST", world.host),
  ]);
  const answer = await root("POST", "/api/v1/organizations", {
    body,
    headers: Object.fromEntries(given) as Record<string, string>,
  });
  expect(answer.status).toBe(status);
});

test("another site's page can neither sign somebody in nor out", async () => {
  await using world = await withRoot();
  const root = await world.as("root", "cookie");
  const headers = { origin: "https://evil.example" };
  const signIn = await world.send("POST", "/api/v1/session", { body: cookie, headers });
  expect([signIn.status, signIn.headers.has("set-cookie")]).toEqual([403, false]);
  expect((await root("DELETE", "/api/v1/session", { headers })).status).toBe(403);
  expect((await root("GET", "/api/v1/session")).status).toBe(200);
});

test.for([
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "application/jsonp",
])("a form's body (%s) is refused, though it be JSON", async (type) => {
  await using world = await withRoot();
  const root = await world.as("root", "cookie");
  const headers = { "content-type": type };
  const answer = await root("POST", "/api/v1/organizations", { body, headers });
  expect([answer.status, answer.json()]).toMatchObject([415, { code: "rest/content-type" }]);
});

test("a bad header is not made good by a cookie", async () => {
  await using world = await withRoot();
  const root = await world.as("root", "cookie");
  const headers = { authorization: "Bearer nothing" };
  expect((await root("GET", "/api/v1/session", { headers })).status).toBe(401);
});

test("a browser may not read answers from another origin", async () => {
  await using world = await withRoot();
  const root = await world.as("root", "cookie");
  const headers = { origin: "https://evil.example" };
  const { headers: answered } = await root("GET", "/api/v1/users", { headers });
  expect([...answered.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  expect((await root("OPTIONS", "/api/v1/users", { headers })).status).toBe(405);
});

test("the contract's own client speaks to it", async () => {
  await using world = await withRoot();
  const { dispatcher, host } = world;
  const send = ((url: string, init: object) =>
    undiciFetch(url, { ...init, dispatcher })) as unknown as typeof fetch;
  const server = `https://${host}`;
  const session = await createClient({ server, fetch: send })("signIn", {
    body: { ...credentials, transport: "bearer" },
  });
  const client = createClient({ server, fetch: send, token: session.token ?? "" });
  await client("createOrganization", { body: { name: "acme", fullName: "Acme" } });
  await client("createTeam", { body: { name: "acme/qa" } });
  const params = { organization: "acme", team: "qa", user: "root" };
  expect((await client("addMember", { params })).members).toEqual(["root"]);
  expect(await client("listTeams")).toMatchObject([{ name: "acme/qa", right: "read" }]);
  const made = await client("createBundle", { params: { user: "root" }, body: {} });
  expect((await client("listKeys", { params: { user: "root" } }))[0]).toEqual(made.key);
  expect((await client("why", { query: { image: "nginx" } })).kind).toBe("deny");
  expect(await client("deleteTeam", { params: { organization: "acme", team: "qa" } })).toBe(
    undefined,
  );
  await expect(client("user", { params: { user: "nobody" } })).rejects.toMatchObject({
    status: 404,
    problem: { code: "accounts/user-unknown" },
  });
});
