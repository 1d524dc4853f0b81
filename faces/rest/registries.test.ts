import { expect, test } from "vitest";
import { certifiedKey } from "#domain/tuf/testing";
import { restWorld } from "./testing/rest-world.ts";

const terms = { name: "lab-ca", notBefore: 0, notAfter: 2e12, isCa: true };
const { pem: ca, privateKey } = await certifiedKey(terms);
const path = "/api/v1/registries";

async function world() {
  const opened = await restWorld();
  await opened.person("root", { isAdmin: true });
  await opened.person("bob");
  return Object.assign(opened, { root: await opened.as("root"), bob: await opened.as("bob") });
}

test("an admin registers a registry, sees it without its password, and removes it", async () => {
  await using opened = await world();
  const { root } = opened;
  const secret = "a-password-nobody-sees";
  const body = { host: "Other.Lab:5000", ca, username: "reader", password: secret };
  const added = await root("POST", path, { body });
  expect(added.status).toBe(201);
  expect(added.json()).toEqual({
    host: "other.lab:5000",
    trustServer: "https://other.lab:5000",
    ca,
    username: "reader",
    maxStaleSeconds: 600,
    addedAt: 1_000,
    addedBy: "root",
  });
  const listed = await root("GET", path);
  expect(listed.json()).toEqual([added.json()]);
  expect(`${added.text}${listed.text}`).not.toContain(secret);
  expect(await opened.registries.hosts({ signal: AbortSignal.timeout(1_000) })).toEqual([
    "localhost:8443",
    "other.lab:5000",
  ]);
  expect((await root("DELETE", `${path}/other.lab%3A5000`)).status).toBe(204);
  expect((await root("DELETE", `${path}/other.lab%3A5000`)).json()).toMatchObject({
    code: "reader/registry-unknown",
  });
  expect((await root("GET", path)).json()).toEqual([]);
});

test.for([
  ["our own host", { host: "localhost:8443", ca }, 409, "reader/registry-own"],
  ["no host", { host: "a b", ca }, 422, "rest/input-invalid"],
  [
    "a key for a CA",
    { host: "a.lab", ca: "-----BEGIN PRIVATE KEY-----" },
    422,
    "reader/ca-invalid",
  ],
  [
    "a key beside the CA",
    { host: "a.lab", ca: `${ca}${privateKey.export({ type: "pkcs8", format: "pem" }).toString()}` },
    422,
    "reader/ca-invalid",
  ],
  [
    "plain HTTP",
    { host: "a.lab", ca, trustServer: "http://a.lab" },
    422,
    "reader/trust-server-invalid",
  ],
  [
    "a password in the address",
    { host: "a.lab", ca, trustServer: "https://u:p@a.lab" },
    422,
    "reader/trust-server-invalid",
  ],
  ["a name without password", { host: "a.lab", ca, username: "u" }, 422, "rest/input-invalid"],
  [
    "a month of staleness",
    { host: "a.lab", ca, maxStaleSeconds: 2_600_000 },
    422,
    "rest/input-invalid",
  ],
] as const)("%s is refused", async ([, body, status, code]) => {
  await using opened = await world();
  const answer = await opened.root("POST", path, { body });
  expect([answer.status, (answer.json() as { code: string }).code]).toEqual([status, code]);
});

test("whoever is signed in learns where to sign and verify, and nothing of the rest", async () => {
  await using opened = await world();
  const body = { host: "other.lab", ca, trustServer: "https://trust.lab" };
  const secrets = { username: "reader", password: "a-password-nobody-sees" };
  expect((await opened.root("POST", path, { body: { ...body, ...secrets } })).status).toBe(201);
  const listed = await opened.bob("GET", path);
  expect(listed.status).toBe(200);
  expect(listed.json()).toEqual([body]);
});

test("twice is refused, and so is everybody who is no admin", async () => {
  await using opened = await world();
  const body = { host: "other.lab", ca };
  expect((await opened.bob("POST", path, { body })).status).toBe(403);
  expect((await opened.root("POST", path, { body })).status).toBe(201);
  expect((await opened.root("POST", path, { body })).json()).toMatchObject({
    code: "reader/registry-taken",
    field: "host",
  });
  expect((await opened.bob("DELETE", `${path}/other.lab`)).status).toBe(403);
});

test("what was seen of another registry's repository is forgotten by its full name", async () => {
  await using opened = await world();
  const forget = "/api/v1/trust?repository=acme%2Fweb&registry=other.lab";
  expect((await opened.root("DELETE", forget)).status).toBe(204);
  expect(opened.gatekeeping.forgotten()).toEqual(["other.lab/acme/web"]);
});
