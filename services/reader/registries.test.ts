import { expect, test } from "vitest";
import { parseAccountName } from "#domain/identity";
import { parseGun, parseRegistryHost } from "#domain/oci";
import { certifiedKey, testRepository, type TestRepository } from "#domain/tuf/testing";
import {
  createReader,
  createRegistries,
  parseTrustServerUrl,
  type MetadataSource,
  type Registries,
  type RemoteSettings,
} from "#services/reader";
import {
  inMemoryFileCache,
  inMemoryRegistries,
  inMemoryTrustMemory,
} from "#services/reader/testing";

const o = { signal: new AbortController().signal };
const now = Date.UTC(2026, 5, 1);
const ownHost = parseRegistryHost("registry.test");
const host = parseRegistryHost("other.test:5000");
const { gun } = parseGun(`${host}/acme/web`);
const admin = parseAccountName("admin");
const { pem: ca } = await certifiedKey({ name: "ca", notBefore: 0, notAfter: 2e12, isCa: true });

type World = {
  readonly registries: Registries;
  readonly connected: RemoteSettings[];
  readonly closed: string[];
  isKeyLost: boolean;
};

function sourceOf({ current, shelf }: TestRepository): MetadataSource {
  return {
    current: (_gun, role) => Promise.resolve(current.get(role)),
    byChecksum: (_gun, role, sha256) => Promise.resolve(shelf.get(`${role}.${sha256}`)),
    byVersion: (_gun, role, version) => Promise.resolve(shelf.get(`${role}.${version}`)),
  };
}

async function world(): Promise<World> {
  const [ours, theirs] = [
    await testRepository(`${ownHost}/a`, now),
    await testRepository(gun, now),
  ];
  await ours.publish();
  await theirs.publish();
  const memory = inMemoryTrustMemory();
  const clock = () => now;
  const connected: RemoteSettings[] = [];
  const closed: string[] = [];
  const here: World = {
    ...{ connected, closed, isKeyLost: false },
    registries: createRegistries({
      ownHost,
      own: createReader({ source: sourceOf(ours), memory, clock }),
      store: inMemoryRegistries(),
      sealing: {
        seal: (secret, place) =>
          Promise.resolve(Buffer.from(`${place}|${Buffer.from(secret).toString()}`)),
        open(sealed, place) {
          const [where, secret = ""] = Buffer.from(sealed).toString().split("|");
          if (here.isKeyLost || where !== place) return Promise.reject(new Error("does not open"));
          return Promise.resolve(Buffer.from(secret));
        },
      },
      connect(settings) {
        connected.push(settings);
        return {
          ...sourceOf(theirs),
          close: () => Promise.resolve(void closed.push(settings.trustServer)),
        };
      },
      memory,
      cache: inMemoryFileCache(),
      clock,
    }),
  };
  return here;
}

const credentials = { username: "reader", password: "word" };

test("our own repositories are read by our own reader, others once their registry is registered", async () => {
  const { registries, connected } = await world();
  expect(await registries.read(parseGun(`${ownHost}/a`).gun, o)).toMatchObject({
    kind: "verified",
  });
  expect(await registries.read(gun, o)).toMatchObject({ kind: "unavailable" });
  expect(await registries.hosts(o)).toEqual([ownHost]);
  expect(connected).toEqual([]);
  await registries.add({ host, ca, credentials }, admin, o);
  expect(await registries.hosts(o)).toEqual([ownHost, host]);
  expect(await registries.read(gun, o)).toMatchObject({ kind: "verified", gun });
  expect(connected).toEqual([{ trustServer: `https://${host}`, ca, credentials }]);
});

test("a registry is connected once, however many ask at the same time", async () => {
  const { registries, connected, closed } = await world();
  await registries.add({ host, ca, credentials }, admin, o);
  await Promise.all(Array.from({ length: 5 }, () => registries.read(gun, o)));
  await registries.read(gun, o);
  expect(connected.length - closed.length).toBe(1);
  await registries.close();
  expect(connected.length - closed.length).toBe(0);
});

test("removed and added again it is another connection; what was pinned stays until it is forgotten", async () => {
  const { registries, connected, closed } = await world();
  await registries.add({ host, ca }, admin, o);
  await registries.read(gun, o);
  await registries.remove(host, o);
  expect(closed).toEqual([`https://${host}`]);
  await expect(registries.remove(host, o)).rejects.toMatchObject({
    code: "reader/registry-unknown",
  });
  await expect(registries.forget(gun, o)).rejects.toMatchObject({
    code: "reader/registry-unknown",
  });
  await registries.add({ host, ca, trustServer: "https://notary.test/x/" }, admin, o);
  expect(await registries.read(gun, o)).toMatchObject({ kind: "verified" });
  expect(connected.map(({ trustServer }) => trustServer)).toEqual([
    `https://${host}`,
    "https://notary.test/x",
  ]);
  await registries.forget(gun, o);
  expect(await registries.read(gun, o)).toMatchObject({ kind: "verified" });
});

test("a password that does not open keeps the gate shut and says what to do", async () => {
  const here = await world();
  await here.registries.add({ host, ca, credentials }, admin, o);
  here.isKeyLost = true;
  expect(await here.registries.read(gun, o)).toEqual({
    kind: "unavailable",
    detail: expect.stringContaining("register it again") as string,
  });
  expect(here.connected).toEqual([]);
});

test("our own host is not registered, nor anything twice", async () => {
  const { registries } = await world();
  const own = registries.add({ host: ownHost, ca }, admin, o);
  await expect(own).rejects.toMatchObject({ code: "reader/registry-own" });
  await registries.add({ host, ca }, admin, o);
  const twice = registries.add({ host, ca }, admin, o);
  await expect(twice).rejects.toMatchObject({ code: "reader/registry-taken" });
});

test.for([
  ["https://notary.test", "https://notary.test"],
  ["https://NOTARY.test:4443/", "https://notary.test:4443"],
  ["https://notary.test/a/b//", "https://notary.test/a/b"],
] as const)("%s is a trust server", ([written, read]) => {
  expect(parseTrustServerUrl(written)).toBe(read);
});

test.for([
  "",
  "notary.test",
  "http://notary.test",
  "https://",
  "https://u@n.test",
  "https://n.test?x",
  "https://n.test#x",
])("%s is none", (written) => {
  expect(() => parseTrustServerUrl(written)).toThrow(
    expect.objectContaining({ code: "reader/trust-server-invalid" }),
  );
});
