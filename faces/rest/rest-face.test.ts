import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { operations } from "#contracts";
import { restOperations } from "./rest-face.ts";
import { restWorld, type RestWorld, type Send } from "./testing/rest-world.ts";

const team = { name: "acme/qa", description: "", right: "read" };

/** root is admin; alice is in acme/qa, which reads; bob is in nothing. */
async function people(): Promise<RestWorld> {
  const world = await restWorld();
  await world.person("root", { isAdmin: true });
  await world.person("alice");
  await world.person("bob");
  const root = await world.as("root");
  await root("POST", "/api/v1/organizations", { body: { name: "acme" } });
  await root("POST", "/api/v1/teams", { body: team });
  await root("PUT", "/api/v1/teams/acme/qa/members/alice");
  return world;
}

test("every operation of the contract is done, once", async () => {
  await using world = await restWorld();
  const parts = { ...world, registryHost: "localhost:8443" as never };
  const names = restOperations(parts).map(({ name }) => name);
  expect(names.toSorted()).toEqual(Object.keys(operations).toSorted());
});

test("only signing in and out need no session", async () => {
  await using world = await restWorld();
  const parts = { ...world, registryHost: "localhost:8443" as never };
  const open = restOperations(parts).filter(({ access }) => access === "anyone");
  expect(open.map(({ name }) => name)).toEqual(["signIn", "signOut"]);
});

test.for(Object.entries(operations).filter(([name]) => !["signIn", "signOut"].includes(name)))(
  "%s is refused without a session, and with one that is not",
  async ([, { method, path }]) => {
    await using world = await people();
    const url = `/api/v1${path.replaceAll(/:[a-z]+/g, "alice")}`;
    for (const headers of [
      {},
      { authorization: "Bearer nothing" },
      { authorization: "Basic YTpi" },
      { cookie: "__Host-countersign=x" },
    ]) {
      const { status, json } = await world.send(method, url, { headers });
      expect([status, (json() as { code: string }).code]).toEqual([401, "rest/not-signed-in"]);
    }
  },
);

test.for([
  ["POST", "/users", { name: "eve", password: "0123456789" }],
  ["PATCH", "/users/bob", { fullName: "Eve" }],
  ["PATCH", "/users/alice", { isAdmin: true }],
  ["PATCH", "/users/alice", { permission: "full-control" }],
  ["PATCH", "/users/alice", { isActive: true, fullName: "Alice" }],
  ["POST", "/users/bob/keys", { label: "mine", pem: "x" }],
  ["DELETE", `/users/bob/keys/${"0".repeat(64)}`, undefined],
  ["POST", "/users/bob/bundles", {}],
  ["POST", "/organizations", { name: "other" }],
  ["POST", "/teams", { name: "acme/other" }],
  ["DELETE", "/teams/acme/qa", undefined],
  ["PUT", "/teams/acme/qa/members/bob", undefined],
  ["DELETE", "/teams/acme/qa/members/alice", undefined],
  ["PUT", "/policy", { mode: "off", requiredTeams: [], ifVersion: 1 }],
  ["POST", "/policy/preview", { mode: "off", requiredTeams: [] }],
] as const)("alice, no admin, may not %s %s %j", async ([method, path, body]) => {
  await using world = await people();
  const alice = await world.as("alice");
  const answer = await alice(method, `/api/v1${path}`, body === undefined ? {} : { body });
  expect([answer.status, answer.json()]).toMatchObject([403, { code: "rest/forbidden" }]);
});

test("what is private of others is not shown to who is no admin", async () => {
  await using world = await people();
  const [root, alice] = [await world.as("root"), await world.as("alice")];
  const hidden = { isAdmin: false, permission: "none", createdAt: 0 };
  expect((await alice("GET", "/api/v1/users/root")).json()).toMatchObject(hidden);
  expect((await alice("GET", "/api/v1/users")).json()).toMatchObject([
    { name: "alice", permission: "restricted-control", teams: ["acme/qa"] },
    { name: "bob", ...hidden },
    { name: "root", ...hidden },
  ]);
  expect((await root("GET", "/api/v1/users/alice")).json()).toMatchObject({
    permission: "restricted-control",
    isActive: true,
  });
  for (const path of ["/users", "/users/alice", "/teams", "/session"])
    expect((await root("GET", `/api/v1${path}`)).text).not.toMatch(/scrypt|password/i);
});

test("an admin looks after people and teams", async () => {
  await using world = await people();
  const root = await world.as("root");
  const body = { name: "carol", password: "carol-password", fullName: "Carol" };
  const created = await root("POST", "/api/v1/users", { body });
  expect([created.status, created.json()]).toMatchObject([
    201,
    { name: "carol", permission: "restricted-control", teams: [] },
  ]);
  const added = await root("PUT", "/api/v1/teams/acme/qa/members/carol");
  expect([added.status, added.json()]).toMatchObject([200, { members: ["alice", "carol"] }]);
  const removed = await root("DELETE", "/api/v1/teams/acme/qa/members/alice");
  expect(removed.json()).toMatchObject({ members: ["carol"], canSign: [] });
  const carol = await world.as("carol");
  await root("PATCH", "/api/v1/users/carol", { body: { isActive: false } });
  expect((await carol("GET", "/api/v1/session")).status).toBe(401);
  expect((await root("DELETE", "/api/v1/teams/acme/qa")).status).toBe(204);
  expect((await root("GET", "/api/v1/teams")).json()).toEqual([]);
});

test.for([
  ["POST", "/users", { name: "alice", password: "0123456789" }, 409, "name"],
  ["POST", "/users", { name: "acme", password: "0123456789" }, 409, "name"],
  ["POST", "/users", { name: "Not A Name", password: "0123456789" }, 422, "name"],
  ["POST", "/users", { name: "eve", password: "short" }, 422, "password"],
  ["POST", "/users", { name: "eve", password: "0123456789", isAdmin: "yes" }, 422, "isAdmin"],
  ["POST", "/users", { name: "eve", password: "0123456789", extra: 1 }, 422, undefined],
  ["POST", "/users", "[]", 422, undefined],
  ["POST", "/users", "{", 400, undefined],
  ["POST", "/users", '{"name":"eve","name":"bob","password":"0123456789"}', 400, undefined],
  ["POST", "/users", '{"__proto__":{"isAdmin":true}}', 422, "name"],
  ["POST", "/users", "[".repeat(200), 400, undefined],
  ["POST", "/users", `{"name":"${"a".repeat(70_000)}"}`, 413, undefined],
  ["POST", "/teams", { name: "other/qa" }, 404, "name"],
  ["POST", "/teams", { name: "acme/qa" }, 409, "name"],
  ["POST", "/organizations", { name: "bob" }, 409, "name"],
  ["GET", "/users/nobody", undefined, 404, undefined],
  ["GET", "/users/Not%20A%20Name", undefined, 404, undefined],
  ["PATCH", "/users/nobody", {}, 404, undefined],
  ["PATCH", "/users/root", { isAdmin: false }, 409, undefined],
  ["PATCH", "/users/root", { isActive: false }, 409, undefined],
  ["PUT", "/teams/acme/qa/members/nobody", undefined, 404, undefined],
  ["PUT", "/teams/acme/none/members/alice", undefined, 404, undefined],
  ["DELETE", "/teams/acme/none", undefined, 404, undefined],
  ["DELETE", `/users/alice/keys/${"0".repeat(64)}`, undefined, 404, undefined],
  ["DELETE", "/users/alice/keys/x", undefined, 404, undefined],
  ["POST", "/users/alice/keys", { label: "k", pem: "prose" }, 422, "pem"],
  ["PUT", "/policy", { mode: "enforce", requiredTeams: [], ifVersion: 7 }, 409, undefined],
  [
    "PUT",
    "/policy",
    { mode: "enforce", requiredTeams: ["acme/none"], ifVersion: 1 },
    422,
    "requiredTeams",
  ],
  ["PUT", "/policy", { mode: "on", requiredTeams: [], ifVersion: 1 }, 422, "mode"],
  ["GET", "/tags?repository=acme/web&repository=acme/web", undefined, 422, "repository"],
  ["GET", "/tags?repository=acme/web&more=1", undefined, 422, undefined],
  ["GET", "/tags", undefined, 422, "repository"],
  ["GET", "/tags?repository=nobody/none", undefined, 404, undefined],
  ["GET", "/tags?repository=../etc", undefined, 404, undefined],
  ["GET", "/image?repository=acme/web&tag=none", undefined, 404, undefined],
  ["GET", "/decisions?limit=0", undefined, 422, "limit"],
  ["GET", "/decisions/none", undefined, 404, undefined],
  ["GET", "/nothing", undefined, 404, undefined],
] as const)("even for an admin, %s %s %j is %i", async ([method, path, body, status, field]) => {
  await using world = await people();
  const root = await world.as("root");
  const answer = await root(method, `/api/v1${path}`, body === undefined ? {} : { body });
  expect(answer.status).toBe(status);
  expect(answer.json()).toMatchObject({
    code: expect.stringMatching(/^[a-z]+\/[a-z-]+$/) as string,
    message: expect.any(String) as string,
  });
  expect((answer.json() as { field?: string }).field).toBe(field);
});

test("of two admins who dismiss each other at once, one stays", async () => {
  await using world = await restWorld();
  await world.person("root", { isAdmin: true });
  await world.person("admin", { isAdmin: true });
  const [root, admin] = [await world.as("root"), await world.as("admin")];
  const body = { isAdmin: false };
  const answers = await Promise.all([
    root("PATCH", "/api/v1/users/admin", { body }),
    admin("PATCH", "/api/v1/users/root", { body }),
  ]);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  const left = (await world.accounts.listUsers(world.o)).filter(({ isAdmin }) => isAdmin);
  expect(left).toHaveLength(1);
});

test("a person keeps their own name, password, keys and bundles", async () => {
  await using world = await people();
  const alice = await world.as("alice");
  const named = await alice("PATCH", "/api/v1/users/alice", { body: { fullName: "Alice A." } });
  expect(named.json()).toMatchObject({ fullName: "Alice A.", permission: "restricted-control" });
  const made = await alice("POST", "/api/v1/users/alice/bundles", { body: { label: "laptop" } });
  expect(made.status).toBe(201);
  const { key, bundle } = made.json() as {
    key: { fingerprint: string };
    bundle: { base64: string };
  };
  expect(Buffer.from(bundle.base64, "base64").subarray(0, 2).toString()).toBe("PK");
  expect((await alice("GET", "/api/v1/users/alice/keys")).json()).toMatchObject([
    { fingerprint: key.fingerprint, label: "laptop" },
  ]);
  const path = `/api/v1/users/alice/keys/${key.fingerprint}`;
  expect((await alice("DELETE", path)).status).toBe(204);
  expect((await alice("GET", "/api/v1/users/alice/keys")).json()).toMatchObject([
    { revokedAt: expect.any(Number) as number },
  ]);
  const body = { password: "another password" };
  expect((await alice("PATCH", "/api/v1/users/alice", { body })).status).toBe(200);
  expect((await alice("GET", "/api/v1/session")).status).toBe(401);
});

test("others see the keys that count for a person, and nothing else of them", async () => {
  await using world = await people();
  const [alice, bob] = [await world.as("alice"), await world.as("bob")];
  const made = [];
  for (const label of ["laptop", "lost"])
    made.push((await bob("POST", "/api/v1/users/bob/bundles", { body: { label } })).json());
  const [laptop, lost] = made as { key: { fingerprint: string; publicKey: string } }[];
  await bob("DELETE", `/api/v1/users/bob/keys/${lost?.key.fingerprint}`);
  expect((await alice("GET", "/api/v1/users/bob/keys")).json()).toMatchObject([
    { fingerprint: laptop?.key.fingerprint, label: "", publicKey: laptop?.key.publicKey },
  ]);
  expect(laptop?.key.publicKey).toMatch(/^-----BEGIN PUBLIC KEY-----/);
});

test("whose a key is, everybody signed in may ask; of one that counts no longer, nobody's", async () => {
  await using world = await people();
  const [alice, bob] = [await world.as("alice"), await world.as("bob")];
  const made = (await alice("POST", "/api/v1/users/alice/bundles", { body: {} })).json();
  const { fingerprint } = (made as { key: { fingerprint: string } }).key;
  const ask = async (...asked: readonly string[]): Promise<unknown> =>
    (await bob("GET", `/api/v1/keys?fingerprints=${asked.join(",")}`)).json();
  const owned = [{ fingerprint, account: "alice" }];
  expect(await ask(fingerprint, "0".repeat(64), fingerprint, "no fingerprint")).toEqual(owned);
  expect(await ask("")).toEqual([]);
  await alice("DELETE", `/api/v1/users/alice/keys/${fingerprint}`);
  expect(await ask(fingerprint)).toEqual([]);
});

test("nobody takes a key for their own that somebody else signs with", async () => {
  await using world = await people();
  const [root, alice] = [await world.as("root"), await world.as("alice")];
  const bareKey = (): unknown =>
    generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({
      type: "spki",
      format: "pem",
    });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", "/dev/null"];
  const requestFor = (subject: string): string => {
    const how = ["req", "-new", ...newKey, "-nodes", "-subj", subject];
    return execFileSync("openssl", how, { stdio: ["ignore", "pipe", "ignore"] }).toString();
  };
  const add = (send: Send, user: string, pem: unknown): ReturnType<Send> =>
    send("POST", `/api/v1/users/${user}/keys`, { body: { label: "found", pem } });
  const foreign = [
    bareKey(),
    requestFor("/O=localhost:8443/CN=bob"),
    requestFor("/O=registry.lab/CN=alice"),
    requestFor("/CN=alice"),
    requestFor("/O=localhost:8443/CN=bob/CN=alice"),
  ];
  for (const pem of foreign) {
    const refused = await add(alice, "alice", pem);
    expect(refused.status).toBe(422);
    expect(refused.json()).toMatchObject({ code: "accounts/key-unproven", field: "pem" });
  }
  expect((await add(root, "bob", foreign[3])).status).toBe(422);
  expect((await add(alice, "alice", requestFor("/O=localhost:8443/CN=alice"))).status).toBe(201);
  expect((await add(root, "bob", bareKey())).status).toBe(201);
});

test("repositories are shown to who may read them, and are not there for others", async () => {
  await using world = await people();
  const [root, alice, bob] = [
    await world.as("root"),
    await world.as("alice"),
    await world.as("bob"),
  ];
  const names = async (send: typeof root) =>
    ((await send("GET", "/api/v1/repositories")).json() as { name: string }[]).map(
      ({ name }) => name,
    );
  expect(await names(root)).toEqual(["acme/web", "acme/public", "alice/own"]);
  expect(await names(alice)).toEqual(["acme/web", "acme/public", "alice/own"]);
  expect(await names(bob)).toEqual(["acme/public"]);
  for (const path of [
    "/tags?repository=acme/web",
    "/image?repository=acme/web&tag=1",
    "/verdict?image=localhost:8443/acme/web:1",
    "/verdict?image=LOCALHOST:8443/acme/web:1",
  ]) {
    expect((await alice("GET", `/api/v1${path}`)).status).toBe(200);
    const refused = await bob("GET", `/api/v1${path}`);
    const absent = await bob("GET", `/api/v1${path.replace("acme/web", "acme/none")}`);
    expect([refused.status, refused.text]).toEqual([404, absent.text]);
  }
  expect((await bob("GET", "/api/v1/verdict?image=nginx")).status).toBe(200);
});

test("warnings, which name repositories, are an admin's to see", async () => {
  await using world = await people();
  const status = async (name: string) =>
    (await (await world.as(name))("GET", "/api/v1/status")).json();
  expect(await status("alice")).not.toHaveProperty("warnings");
  expect(await status("root")).toHaveProperty("warnings.0");
});

test("only an admin may have a repository's trust data forgotten", async () => {
  await using world = await people();
  const path = "/api/v1/trust?repository=acme/web";
  expect((await (await world.as("alice"))("DELETE", path)).status).toBe(403);
  expect(world.gatekeeping.forgotten()).toEqual([]);
  expect((await (await world.as("root"))("DELETE", path)).status).toBe(204);
  expect(world.gatekeeping.forgotten()).toEqual(["acme/web"]);
});

test("decisions are shown to who may read the repository; of elsewhere, to who asked for them", async () => {
  await using world = await people();
  const { decide } = world.gatekeeping;
  decide("bob", "localhost:8443/acme/web:1");
  decide("root", "localhost:8443/acme/web:2");
  decide("root", "localhost:8443/alice/own:1");
  decide("root", "docker.io/library/nginx:latest");
  decide("root", "localhost:8443/acme/public:1");
  const seen = async (name: string) => {
    const send = await world.as(name);
    const list = (await send("GET", "/api/v1/decisions")).json();
    const one = await Promise.all(
      ["1", "2", "3", "4", "5"].map((id) => send("GET", `/api/v1/decisions/${id}`)),
    );
    const ids = (list as { decisions: { id: string }[] }).decisions.map(({ id }) => id);
    expect(one.map(({ status }) => status)).toEqual(
      ["1", "2", "3", "4", "5"].map((id) => (ids.includes(id) ? 200 : 404)),
    );
    return ids;
  };
  expect(await seen("root")).toEqual(["5", "4", "3", "2", "1"]);
  expect(await seen("alice")).toEqual(["5", "3", "2", "1"]);
  expect(await seen("bob")).toEqual(["5"]);
  decide("bob", "docker.io/library/nginx:latest");
  expect(await seen("bob")).toEqual(["6", "5"]);
  const page = await (await world.as("bob"))("GET", "/api/v1/image?repository=acme/public&tag=1");
  expect((page.json() as { decisions: { id: string }[] }).decisions.map(({ id }) => id)).toEqual([
    "6",
    "5",
  ]);
});

test("pages of decisions are full although others' are left out, and miss none", async () => {
  await using world = await people();
  for (let count = 0; count < 20; count += 1)
    world.gatekeeping.decide(
      "root",
      count % 3 === 0 ? "localhost:8443/acme/public:1" : "localhost:8443/acme/web:1",
    );
  const bob = await world.as("bob");
  const ids: string[] = [];
  let before: string | undefined;
  const sizes: number[] = [];
  for (let page = 0; page < 5; page += 1) {
    const query = before === undefined ? "" : `&before=${before}`;
    const { decisions, next } = (await bob("GET", `/api/v1/decisions?limit=3${query}`)).json() as {
      decisions: { id: string }[];
      next?: string;
    };
    ids.push(...decisions.map(({ id }) => id));
    sizes.push(decisions.length);
    before = next;
    if (before === undefined) break;
  }
  expect(sizes).toEqual([3, 3, 1]);
  expect(ids).toEqual(["19", "16", "13", "10", "7", "4", "1"]);
});

test("workloads are for who could see them through the gateway", async () => {
  await using world = await people();
  const [root, alice] = [await world.as("root"), await world.as("alice")];
  expect((await alice("GET", "/api/v1/workloads")).status).toBe(200);
  await root("PATCH", "/api/v1/users/alice", { body: { permission: "none" } });
  expect((await alice("GET", "/api/v1/workloads")).status).toBe(403);
  expect((await root("GET", "/api/v1/workloads")).status).toBe(200);
});

test("the policy is everybody's to read and an admin's to change", async () => {
  await using world = await people();
  const [root, alice] = [await world.as("root"), await world.as("alice")];
  const body = { mode: "enforce", requiredTeams: ["acme/qa"], ifVersion: 1 };
  expect((await root("PUT", "/api/v1/policy", { body })).json()).toMatchObject({
    version: 2,
    changedBy: "root",
  });
  expect((await alice("GET", "/api/v1/policy")).json()).toMatchObject({ mode: "enforce" });
  expect((await alice("GET", "/api/v1/status")).json()).toMatchObject({ policy: { version: 2 } });
});

test("the authority's certificate and the health are anybody's", async () => {
  await using world = await restWorld();
  expect((await world.send("GET", "/ca.pem")).text).toBe(world.caPem);
  expect((await world.send("HEAD", "/ca.pem")).status).toBe(200);
  expect((await world.send("GET", "/healthz")).status).toBe(200);
});
