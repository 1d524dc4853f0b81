import { beforeEach, describe, expect, test } from "vitest";
import type { Instant } from "#domain/kernel";
import { parseGun, parseRegistryHost, type Gun } from "#domain/oci";
import {
  composeFile,
  decodeTimestamp,
  describeFile,
  rootRole,
  snapshotPayload,
  snapshotRole,
  targetsRole,
  timestampRole,
} from "#domain/tuf";
import {
  signRoot,
  signTargets,
  testKey,
  testRepository,
  type TestKey,
  type TestRepository,
} from "#domain/tuf/testing";
import {
  createTrustService,
  createTrustUpkeep,
  explainWarning,
  TrustError,
  type KeyVault,
  type Leases,
  type MetadataStore,
  type TrustService,
  type TrustUpkeep,
} from "#services/trust";
import { inMemoryKeyVault, inMemoryLeases, inMemoryMetadataStore } from "#services/trust/testing";

const msPerDay = 86_400_000;
const start: Instant = Date.UTC(2026, 5, 1);
const o = { signal: new AbortController().signal };
const registryHost = parseRegistryHost("registry.test");
const gunOf = (name: string): Gun => parseGun(`registry.test/acme/${name}`).gun;
const web = gunOf("web");

let now = start;
let pauses = 0;
let store: MetadataStore;
let keys: KeyVault;
let leases: Leases;
let trust: TrustService;
let upkeep: TrustUpkeep;

const clock = (): Instant => now;
const upkeepOf = (holder: string): TrustUpkeep =>
  createTrustUpkeep({
    ...{ store, keys, clock, leases, holder },
    pause: () => {
      pauses += 1;
      return Promise.resolve();
    },
  });

beforeEach(() => {
  now = start;
  pauses = 0;
  store = inMemoryMetadataStore();
  keys = inMemoryKeyVault();
  leases = inMemoryLeases();
  trust = createTrustService({ store, keys, clock, registryHost });
  upkeep = upkeepOf("one");
});

async function serverKey(gun: Gun, role: "timestamp" | "snapshot"): Promise<TestKey> {
  const listed = await trust.serverKey(gun, role, o);
  return { ...testKey(), listed: listed as TestKey["listed"] };
}

/** A repository published with server-managed timestamp and snapshot. */
async function published(
  gun: Gun,
  change: (owner: TestRepository) => void = () => undefined,
): Promise<TestRepository> {
  const owner = await testRepository(gun, now);
  owner.timestamp.keys = [await serverKey(gun, "timestamp")];
  owner.snapshot.keys = [await serverKey(gun, "snapshot")];
  change(owner);
  const files = [
    [rootRole, await signRoot(owner)],
    [targetsRole, await signTargets(owner.targets)],
  ] as const;
  await trust.update(gun, new Map(files), o);
  return owner;
}

const stored = (gun: Gun, role = timestampRole) => store.current(gun, role, o);

describe("a round of upkeep", () => {
  test("signs what has lost half its life and leaves the rest", async () => {
    await published(web);
    expect(await upkeep.round(o)).toEqual({ renewed: 0, warnings: [] });
    now = start + 8 * msPerDay;
    await published(gunOf("young"));
    expect(await upkeep.round(o)).toEqual({ renewed: 1, warnings: [] });
    expect(await stored(web)).toMatchObject({ version: 2, expiresAt: now + 14 * msPerDay });
    expect(await stored(gunOf("young"))).toMatchObject({ version: 1 });
    expect(await upkeep.round(o)).toEqual({ renewed: 0, warnings: [] });
  });

  test("after a month switched off gives everything fresh, batch by batch", async () => {
    const names = Array.from({ length: 130 }, (_, index) => gunOf(`web-${index}`));
    for (const gun of names) await published(gun);
    now = start + 31 * msPerDay;
    const { renewed, warnings } = await upkeep.round(o);
    expect(renewed).toBe(names.length);
    expect(pauses).toBe(2);
    expect(warnings).toEqual([{ kind: "clock-jumped", from: start, to: now }]);
    for (const gun of names) expect((await stored(gun))?.expiresAt).toBe(now + 14 * msPerDay);
    now += 8 * msPerDay;
    expect((await upkeep.round(o)).warnings).toEqual([]);
  });

  test("is done by one of several at once, and by another when that one is gone", async () => {
    await published(web);
    now = start + 8 * msPerDay;
    expect(await leases.take("renewal", { holder: "two", now, ttlMs: 60_000 }, o)).toBe(true);
    expect((await upkeep.round(o)).renewed).toBe(0);
    expect(await stored(web)).toMatchObject({ version: 1 });
    now += 60_000;
    expect((await upkeep.round(o)).renewed).toBe(1);
    now += 8 * msPerDay;
    const rounds = await Promise.all(["a", "b", "c", "d"].map((name) => upkeepOf(name).round(o)));
    expect(rounds.reduce((sum, { renewed }) => sum + renewed, 0)).toBe(1);
    expect(await stored(web)).toMatchObject({ version: 3 });
  });

  test("signs nothing under an expired root, and names the repository", async () => {
    await published(web, (owner) => (owner.root.expires = start + 10 * msPerDay));
    await published(gunOf("other"));
    now = start + 9 * msPerDay;
    expect(await upkeep.round(o)).toEqual({ renewed: 2, warnings: [] });
    now = start + 20 * msPerDay;
    const expired = { kind: "expired", gun: web, role: "root", at: start + 10 * msPerDay } as const;
    expect(await upkeep.round(o)).toEqual({ renewed: 1, warnings: [expired] });
    expect(await upkeep.warnings(o)).toEqual([expired]);
    expect(explainWarning(expired)).toMatch(
      /^the root of registry\.test\/acme\/web expired at 2026-06-11T00:00:00Z: nothing is signed/,
    );
    const file = await stored(web);
    expect(await trust.current(web, timestampRole, o)).toEqual(file);
  });

  test("signs nothing under an expired snapshot of the client's", async () => {
    const mine = testKey();
    const owner = await testRepository(web, now);
    owner.timestamp.keys = [await serverKey(web, "timestamp")];
    owner.snapshot.keys = [mine];
    const files = new Map([
      [rootRole, await signRoot(owner)],
      [targetsRole, await signTargets(owner.targets)],
    ]);
    const meta = new Map([...files].map(([role, bytes]) => [role, describeFile(bytes)]));
    const expires = now + 20 * msPerDay;
    const snapshot = await composeFile(snapshotPayload({ version: 1, expires, meta }), [
      mine.signer,
    ]);
    await trust.update(web, files.set(snapshotRole, snapshot), o);
    now = start + 10 * msPerDay;
    expect(await upkeep.round(o)).toEqual({ renewed: 1, warnings: [] });
    now = start + 21 * msPerDay;
    const { renewed, warnings } = await upkeep.round(o);
    expect(renewed).toBe(0);
    expect(warnings).toEqual([{ kind: "expired", gun: web, role: "snapshot", at: expires }]);
  });

  test("one repository whose key is lost does not keep the others from it", async () => {
    for (const name of ["a", "lost", "z"]) await published(gunOf(name));
    const held = keys;
    keys = {
      ...held,
      signer: (gun, ...rest) =>
        gun === gunOf("lost")
          ? Promise.reject(new TrustError("trust/key-lost", "it does not open"))
          : held.signer(gun, ...rest),
    };
    now = start + 8 * msPerDay;
    expect(await upkeepOf("one").round(o)).toEqual({
      renewed: 2,
      warnings: [{ kind: "not-renewed", gun: gunOf("lost"), code: "trust/key-lost" }],
    });
  });
});

test("a timestamp whose key the server does not hold is told of, once it is over", async () => {
  await published(web);
  keys = inMemoryKeyVault();
  const without = upkeepOf("one");
  now = start + 8 * msPerDay;
  expect(await without.round(o)).toEqual({ renewed: 0, warnings: [] });
  now = start + 15 * msPerDay;
  expect(await without.round(o)).toEqual({
    renewed: 0,
    warnings: [{ kind: "not-renewed", gun: web, code: "trust/key-lost" }],
  });
});

describe("a clock that is wrong", () => {
  test("signs nothing while it is more than five minutes behind, and serves on", async () => {
    const owner = await published(web);
    const before = await stored(web);
    now = start - 6 * 60_000;
    owner.targets.version = 2;
    const update = new Map([[targetsRole, await signTargets(owner.targets)]]);
    await expect(trust.update(web, update, o)).rejects.toMatchObject({
      code: "trust/clock-behind",
    });
    expect(await trust.current(web, timestampRole, o)).toEqual(before);
    const behind = { kind: "clock-behind", now, newest: start } as const;
    expect(await upkeep.round(o)).toEqual({ renewed: 0, warnings: [behind] });
    expect(await upkeep.warnings(o)).toEqual([behind]);
    expect(explainWarning(behind)).toContain("2026-05-31T23:54:00Z");
    now = start + 1_000;
    await trust.update(web, update, o);
    expect(await upkeep.warnings(o)).toEqual([]);
  });

  test("a little behind, it signs with the newest date and never with an earlier one", async () => {
    const owner = await published(web);
    now = start - 4 * 60_000;
    owner.targets.version = 2;
    await trust.update(web, new Map([[targetsRole, await signTargets(owner.targets)]]), o);
    const file = await stored(web);
    expect(file).toMatchObject({ version: 2, storedAt: start });
    expect(decodeTimestamp(file?.bytes ?? new Uint8Array()).signed.expires).toBe(
      start + 14 * msPerDay,
    );
  });

  test("dates only rise, however the clock jumps", async () => {
    const owner = await published(web);
    const steps = [3, -2, 200, -100_000, 40, -299, 1, -3_000, 500, -200];
    for (const [index, seconds] of steps.entries()) {
      now += seconds * 1_000;
      owner.targets.version = index + 2;
      const update = new Map([[targetsRole, await signTargets(owner.targets)]]);
      await trust.update(web, update, o).catch((error: unknown) => {
        expect(error).toMatchObject({ code: "trust/clock-behind" });
      });
    }
    const newest = (await stored(web))?.version ?? 0;
    const dates: number[] = [];
    for (let version = 1; version <= newest; version += 1)
      dates.push((await store.byVersion(web, timestampRole, version, o))?.storedAt ?? 0);
    expect(dates).toEqual(dates.toSorted((a, b) => a - b));
  });
});
