import { generateKeyPairSync } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from "jose";
import { expect, test } from "vitest";
import { parseAccountName, parseTeamName } from "#domain/identity";
import { formatScope, parseScope } from "#domain/oci";
import { accountsWorld, type AccountsWorld } from "./testing/index.ts";

const service = "localhost:8443";

async function acme(registryHost = service): Promise<AccountsWorld> {
  const world = accountsWorld({ registryHost });
  const { accounts, o } = world;
  await world.person("root", { isAdmin: true });
  for (const [name, right] of [
    ["alice", "write"],
    ["bob", "read"],
    ["carol", "admin"],
  ] as const) {
    const user = await world.person(name);
    if (name === "alice")
      await accounts.createOrganization({ name: parseAccountName("acme"), fullName: "" }, o);
    const team = parseTeamName(`acme/${right}`);
    await accounts.createTeam({ name: team, description: "", right }, o);
    await accounts.addMember(team, user, o);
  }
  world.publicRepositories.add("acme/public");
  return world;
}

function issue(world: AccountsWorld, username: string | undefined, ...scopes: string[]) {
  const who =
    username === undefined ? {} : { credentials: { username, password: `${username}-password` } };
  return world.accounts.issue({ ...who, scopes: scopes.map(parseScope), service }, world.o);
}

test.for([
  ["alice", "repository:acme/web:pull,push", "repository:acme/web:pull,push"],
  ["alice", "repository:acme/web:pull,push,delete,*", "repository:acme/web:pull,push"],
  ["alice", "repository:acme/web:*", "repository:acme/web:pull,push"],
  ["alice", "repository:acme/web:delete", undefined],
  ["bob", "repository:acme/web:pull,push", "repository:acme/web:pull"],
  ["carol", "repository:acme/web:pull,push,delete,*", "repository:acme/web:pull,push,delete,*"],
  ["alice", "repository:alice/own:pull,push,delete,*", "repository:alice/own:pull,push,delete,*"],
  ["alice", "repository:bob/own:pull", undefined],
  ["bob", "repository:acme/public:pull,push", "repository:acme/public:pull"],
  [undefined, "repository:acme/public:pull,push", "repository:acme/public:pull"],
  [undefined, "repository:acme/web:pull", undefined],
  ["root", "repository:bob/own:*", "repository:bob/own:pull,push,delete,*"],
  ["root", "registry:catalog:*", "registry:catalog:*"],
  ["carol", "registry:catalog:*", undefined],
  [undefined, "registry:catalog:*", undefined],
  ["root", "registry:other:*", undefined],
  [
    "alice",
    "repository:localhost:8443/acme/web:pull,push",
    "repository:localhost:8443/acme/web:pull,push",
  ],
  [
    "carol",
    "repository:localhost:8443/acme/web:*",
    "repository:localhost:8443/acme/web:pull,push,delete,*",
  ],
  ["carol", "repository:evil.example/acme/web:*", undefined],
  ["carol", "repository:localhost:8444/acme/web:*", undefined],
  ["carol", "repository:docker.io/acme/web:*", undefined],
  ["root", "repository:localhost:8443/../web:*", undefined],
] as const)("%s asks for %s and gets %s", async ([who, asked, given]) => {
  const { token, scopes } = await issue(await acme(), who, asked);
  expect(scopes.map(formatScope)).toEqual(given === undefined ? [] : [given]);
  const access = decodeJwt(token)["access"];
  expect(access).toHaveLength(given === undefined ? 0 : 1);
});

test("with a host that looks like a namespace, nobody can take its name", async () => {
  const world = await acme("registry.lab");
  await expect(world.person("registry.lab")).rejects.toMatchObject({
    code: "accounts/name-reserved",
  });
  await expect(
    world.accounts.createOrganization(
      { name: parseAccountName("registry.lab"), fullName: "" },
      world.o,
    ),
  ).rejects.toMatchObject({ code: "accounts/name-reserved" });
  const { accounts, o } = world;
  const { scopes } = await accounts.issue(
    {
      credentials: { username: "alice", password: "alice-password" },
      scopes: [parseScope("repository:registry.lab/acme/web:pull,push,*")],
      service: "registry.lab",
    },
    o,
  );
  expect(scopes.map(formatScope)).toEqual(["repository:registry.lab/acme/web:pull,push"]);
});

test("a token is read back as it was given", async () => {
  const world = await acme();
  const { token } = await issue(world, "alice", "repository:acme/web:pull,push");
  const grant = await world.accounts.verify(token, world.o);
  expect(grant.account).toBe("alice");
  expect(grant.scopes.map(formatScope)).toEqual(["repository:acme/web:pull,push"]);
  expect(decodeProtectedHeader(token)).toEqual({ alg: "ES256", typ: "JWT" });
  const nobody = await issue(world, undefined, "repository:acme/public:pull");
  expect((await world.accounts.verify(nobody.token, world.o)).account).toBeUndefined();
});

test("a token lasts ten minutes", async () => {
  const world = await acme();
  const { token, expiresInSeconds } = await issue(world, "alice");
  expect(expiresInSeconds).toBe(600);
  world.pass(599_000);
  await expect(world.accounts.verify(token, world.o)).resolves.toBeDefined();
  world.pass(1_000);
  await expect(world.accounts.verify(token, world.o)).rejects.toMatchObject({
    code: "accounts/token-invalid",
  });
});

test("a token dies with its account's being active", async () => {
  const world = await acme();
  const alice = parseAccountName("alice");
  const { token } = await issue(world, "alice");
  await world.accounts.updateUser(alice, { isActive: false }, world.o);
  await expect(world.accounts.verify(token, world.o)).rejects.toMatchObject({
    code: "accounts/token-invalid",
  });
});

test("a token gives no more than its account may do by now", async () => {
  const world = await acme();
  const { accounts, o } = world;
  const scopes = async (token: string) => (await accounts.verify(token, o)).scopes.map(formatScope);
  const { token } = await issue(world, "alice", "repository:acme/web:pull,push");
  expect(await scopes(token)).toEqual(["repository:acme/web:pull,push"]);
  const alice = parseAccountName("alice");
  await accounts.removeMember(parseTeamName("acme/write"), alice, o);
  expect(await scopes(token)).toEqual([]);
  await accounts.addMember(parseTeamName("acme/read"), alice, o);
  expect(await scopes(token)).toEqual(["repository:acme/web:pull"]);
  await accounts.addMember(parseTeamName("acme/admin"), alice, o);
  expect(await scopes(token)).toEqual(["repository:acme/web:pull,push"]);
  const { token: all } = await issue(world, "root", "registry:catalog:*", "repository:acme/web:*");
  await accounts.updateUser(parseAccountName("carol"), { isAdmin: true }, o);
  await accounts.updateUser(parseAccountName("root"), { isAdmin: false }, o);
  expect(await scopes(all)).toEqual([]);
});

test("a token for another service is not made", async () => {
  const { accounts, o } = await acme();
  await expect(accounts.issue({ scopes: [], service: "other" }, o)).rejects.toMatchObject({
    code: "accounts/service-unknown",
  });
});

test.for([
  "nothing",
  "prose",
  "unsigned",
  "another key",
  "another algorithm",
  "another issuer",
  "another audience",
  "without an end",
  "not yet",
  "of somebody unknown",
  "with access that is none",
  "changed",
])("a token that is %s is refused", async (how) => {
  const world = await acme();
  const seconds = Math.floor(world.now() / 1_000);
  const { privateKey: strange } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const access = [{ type: "repository", name: "acme/web", actions: ["*"] }];
  const claims = {
    iss: service,
    aud: service,
    sub: "carol",
    iat: seconds,
    nbf: seconds,
    exp: seconds + 60,
    jti: "1",
    access,
  };
  const signed = (change: object, key = world.tokenKey): Promise<string> =>
    new SignJWT({ ...claims, ...change })
      .setProtectedHeader({ alg: "ES256", typ: "JWT" })
      .sign(key);
  const { exp: _, ...endless } = claims;
  const good = await signed({});
  await expect(world.accounts.verify(good, world.o)).resolves.toMatchObject({ account: "carol" });
  const bad: Record<string, () => string | Promise<string>> = {
    nothing: () => "",
    prose: () => "let me in",
    unsigned: () => new UnsecuredJWT(claims).encode(),
    "another key": () => signed({}, strange),
    "another algorithm": () =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "HS256", typ: "JWT" })
        .sign(new TextEncoder().encode("a".repeat(32))),
    "another issuer": () => signed({ iss: "other" }),
    "another audience": () => signed({ aud: "other" }),
    "without an end": () =>
      new SignJWT(endless).setProtectedHeader({ alg: "ES256", typ: "JWT" }).sign(world.tokenKey),
    "not yet": () => signed({ nbf: seconds + 60 }),
    "of somebody unknown": () => signed({ sub: "mallory" }),
    "with access that is none": () => signed({ access: "*" }),
    changed: () =>
      good.replace(/\.[^.]+\./, `.${btoa(JSON.stringify({ ...claims, sub: "root" }))}.`),
  };
  const token = await bad[how]?.();
  await expect(world.accounts.verify(token ?? "", world.o)).rejects.toMatchObject({
    code: "accounts/token-invalid",
  });
});

test("a session's token stands in for its own account's password, while it lasts", async () => {
  const world = await acme();
  const { accounts, o } = world;
  const { token } = await accounts.signIn({ username: "alice", password: "alice-password" }, o);
  const ask = (username: string, given: string) =>
    accounts.issue(
      {
        credentials: { username, password: `session:${given}` },
        scopes: [parseScope("repository:acme/web:push")],
        service,
      },
      o,
    );
  expect((await ask("alice", token)).scopes.map(formatScope)).toEqual(["repository:acme/web:push"]);
  const refused = { code: "accounts/credentials-wrong" };
  await expect(ask("carol", token)).rejects.toMatchObject(refused);
  await expect(ask("alice", "")).rejects.toMatchObject(refused);
  await expect(ask("alice", "x".repeat(43))).rejects.toMatchObject(refused);
  await accounts.signOut(token, o);
  // However often: an old session is no guess at a password.
  for (let tries = 0; tries < 8; tries += 1)
    await expect(ask("alice", token)).rejects.toMatchObject(refused);
  await expect(issue(world, "alice")).resolves.toMatchObject({ account: "alice" });
});
