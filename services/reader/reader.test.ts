import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { Instant } from "#domain/kernel";
import { parseGun, type Gun } from "#domain/oci";
import {
  parseRoleName,
  rootRole,
  snapshotRole,
  targetsRole,
  timestampRole,
  type RoleName,
  type TrustReading,
} from "#domain/tuf";
import {
  certifiedKey,
  serve,
  signRoot,
  signTargets,
  testKey,
  testRepository,
  type TestRepository,
} from "#domain/tuf/testing";
import { createReader, type MetadataSource, type Reader, type TrustMemory } from "#services/reader";
import { inMemoryTrustMemory } from "#services/reader/testing";

const msPerDay = 86_400_000;
const start: Instant = Date.UTC(2026, 5, 1);
const { gun } = parseGun("registry.test/acme/web");
const o = { signal: new AbortController().signal };
const releases = parseRoleName("targets/releases");
const qa = parseRoleName("targets/qa");

let now = start;
let repository: TestRepository;
let memory: TrustMemory;
let reader: Reader;
let calls: string[];

function sourceOf(of: () => TestRepository): MetadataSource {
  const found = (name: string, bytes: Uint8Array | undefined) => {
    calls.push(name);
    return Promise.resolve(bytes);
  };
  return {
    current: (_gun, role) => found(role, of().current.get(role)),
    byChecksum: (_gun, role, sha256) => found(`${role}.#`, of().shelf.get(`${role}.${sha256}`)),
    byVersion: (_gun, role, version) =>
      found(`${role}.${version}`, of().shelf.get(`${role}.${version}`)),
  };
}

const newReader = (): Reader =>
  createReader({ source: sourceOf(() => repository), memory, clock: () => now });
const read = (name: Gun = gun): Promise<TrustReading> => reader.read(name, o);

beforeEach(async () => {
  now = start;
  calls = [];
  repository = await testRepository(gun, start);
  memory = inMemoryTrustMemory();
  reader = newReader();
});

describe("a repository that is as it should be", () => {
  test("is verified: roles, signers, targets within their paths, soonest expiry", async () => {
    const alice = testKey();
    repository.targets.targets.set("1", "base");
    repository.delegate(releases, { keys: [alice, testKey()] }).targets.set("1", "image");
    const partial = repository.delegate(qa, { keys: [testKey("rsa")], paths: ["rc/", "1"] });
    partial.targets.set("1", "image").set("rc/2", "image").set("latest", "evil");
    repository.delegate("targets/qa/inner", { paths: ["rc/deep", "elsewhere"] });
    await repository.publish();
    const reading = await read();
    expect(reading).toMatchObject({
      kind: "verified",
      gun,
      rootVersion: 1,
      timestampVersion: 1,
      snapshotVersion: 1,
      freshUntil: start + 14 * msPerDay,
    });
    if (reading.kind !== "verified") return;
    expect(reading.roles.map((role) => [role.name, role.state.kind])).toEqual([
      ["targets", "valid"],
      ["targets/releases", "valid"],
      ["targets/qa", "valid"],
      ["targets/qa/inner", "valid"],
    ]);
    expect(reading.roles[1]?.signedBy).toContain(alice.listed.material.fingerprint);
    expect(reading.roles[1]?.signedBy).toHaveLength(2);
    expect([...(reading.roles[2]?.targets.keys() ?? [])].sort()).toEqual(["1", "rc/2"]);
  });

  test("costs one look at the timestamp while nothing changes, and gives the same object", async () => {
    await repository.publish();
    const first = await read();
    calls.length = 0;
    expect(await read()).toBe(first);
    expect(calls).toEqual(["timestamp"]);
  });

  test("is read anew when something was published", async () => {
    await repository.publish();
    await read();
    repository.targets.targets.set("2", "new");
    repository.targets.version = 2;
    await repository.republish();
    expect(await read()).toMatchObject({ kind: "verified", timestampVersion: 2 });
  });

  test("one that nobody has signed is absent", async () => {
    expect(await read()).toEqual({ kind: "absent" });
  });

  test("a delegation without a file is missing, and no more than that", async () => {
    repository.delegate(qa, {});
    const delegating = await signTargets(repository.targets);
    repository.targets.children.clear();
    await repository.publish(new Map([[targetsRole, delegating]]));
    expect(await read()).toMatchObject({
      kind: "verified",
      roles: [{ name: "targets" }, { name: "targets/qa", state: { kind: "missing" }, version: 0 }],
    });
  });

  test("publishing while it is read does not make it look tampered with", async () => {
    await repository.publish();
    const inner = sourceOf(() => repository);
    const published = Promise.withResolvers<undefined>();
    let isFirst = true;
    const racing = createReader({
      memory,
      clock: () => now,
      source: {
        ...inner,
        async current(name, role, options) {
          if (role === timestampRole) await published.promise;
          const found = await inner.current(name, role, options);
          if (role !== rootRole || !isFirst) return found;
          isFirst = false;
          repository.root.version = 2;
          await repository.republish();
          published.resolve(undefined);
          return found;
        },
      },
    });
    expect(await racing.read(gun, o)).toMatchObject({ kind: "verified", rootVersion: 2 });
  });
});

describe("attacks on the whole repository", () => {
  test("older files, all properly signed, are a rollback", async () => {
    const old = await repository.publish();
    repository.targets.version = 2;
    await repository.republish();
    expect(await read()).toMatchObject({ kind: "verified" });
    for (const [role, bytes] of old) serve(repository, role, bytes);
    expect(await read()).toEqual({
      kind: "rolled-back",
      role: "timestamp",
      seenVersion: 2,
      offeredVersion: 1,
    });
    reader = newReader(); // a restart does not forget
    expect(await read()).toMatchObject({ kind: "rolled-back" });
  });

  test("a server's own keys cannot bring older targets back under newer snapshots", async () => {
    const old = await signTargets(repository.targets);
    repository.targets.version = 2;
    await repository.publish();
    await read();
    await repository.republish(new Map([[targetsRole, old]]));
    expect(await read()).toMatchObject({ kind: "rolled-back", role: "targets", seenVersion: 2 });
  });

  test("the same version with other content is tampered with", async () => {
    await repository.publish();
    await read();
    repository.targets.targets.set("evil", "evil");
    await repository.republish();
    expect(await read()).toMatchObject({ kind: "tampered", role: "targets" });
  });

  test("the same files served for ever are expired in the end, cache or no cache", async () => {
    await repository.publish();
    await read();
    now = start + 14 * msPerDay + 1;
    const expected = { kind: "expired", role: "timestamp", expiredAt: start + 14 * msPerDay };
    expect(await read()).toEqual(expected);
    reader = newReader();
    expect(await read()).toEqual(expected);
  });

  test("a snapshot of yesterday beside the timestamp of today does not fit", async () => {
    await repository.publish();
    const yesterday = repository.current.get(snapshotRole) ?? new Uint8Array();
    await repository.republish();
    for (const name of repository.shelf.keys())
      if (name.startsWith("snapshot.")) repository.shelf.set(name, yesterday);
    expect(await read()).toMatchObject({ kind: "tampered", role: "snapshot" });
  });

  test("targets that another snapshot names do not fit", async () => {
    await repository.publish();
    for (const name of repository.shelf.keys())
      if (name.startsWith("targets."))
        repository.shelf.set(name, await signTargets({ ...repository.targets, version: 2 }));
    expect(await read()).toMatchObject({ kind: "tampered", role: "targets" });
  });

  test.for([
    ["timestamp", timestampRole],
    ["snapshot", snapshotRole],
    ["targets", targetsRole],
  ] as const)("%s signed by another key is tampered with", async ([name, role]) => {
    await repository.publish();
    const root = await signRoot(repository);
    repository[name].keys = [testKey()];
    await repository.publish(new Map([[rootRole, root]]));
    expect(await read()).toMatchObject({ kind: "tampered", role });
  });

  test("a root of somebody else's making is refused where one is pinned", async () => {
    await repository.publish();
    await read();
    repository = await testRepository(gun, start);
    repository.root.version = 2;
    await repository.publish();
    expect(await read()).toMatchObject({ kind: "tampered", role: "root" });
    repository.root.version = 1;
    await repository.publish();
    expect(await read()).toMatchObject({ kind: "tampered", role: "root" });
    await reader.forget(gun, o);
    expect(await read()).toMatchObject({ kind: "verified" });
  });

  test("trust data of one repository is no good for another", async () => {
    await repository.publish();
    const { gun: other } = parseGun("registry.test/acme/other");
    expect(await read(other)).toMatchObject({ kind: "tampered", role: "root" });
  });

  test("roots are followed one by one, and a root that skips its predecessor's signature is refused", async () => {
    await repository.publish();
    await read();
    let newest = new Uint8Array();
    for (const version of [2, 3, 4]) newest = await rotateRoot(version);
    await repository.republish();
    expect(await read()).toMatchObject({ kind: "tampered", role: "root" }); // 4 is not signed by 3 here
    await repository.republish(new Map([[rootRole, newest]]));
    expect(await read()).toMatchObject({ kind: "verified", rootVersion: 4 });
  });

  test("an expired root, snapshot or targets file is expired", async () => {
    for (const name of ["root", "snapshot", "targets"] as const) {
      repository = await testRepository(gun, start);
      reader = createReader({
        source: sourceOf(() => repository),
        memory: inMemoryTrustMemory(),
        clock: () => now,
      });
      repository[name].expires = start - 1;
      await repository.publish();
      expect(await read()).toEqual({ kind: "expired", role: name, expiredAt: start - 1 });
    }
  });
});

/** Moves the root role on to a new key; the new root is signed by the old and the new one. */
async function rotateRoot(version: number): Promise<Uint8Array<ArrayBuffer>> {
  const before = repository.root.keys;
  const next = await certifiedKey({
    name: gun,
    notBefore: start - msPerDay,
    notAfter: start + 3_650 * msPerDay,
  });
  repository.root.keys = [next];
  repository.root.version = version;
  const bytes = await signRoot(repository, [...before, next]);
  serve(repository, rootRole, bytes);
  return new Uint8Array(bytes);
}

test("one changed byte in any file that is served is never believed", async () => {
  repository.delegate(qa, {}).targets.set("1", "image");
  await repository.publish();
  const good = { current: new Map(repository.current), shelf: new Map(repository.shelf) };
  const roles = [rootRole, targetsRole, qa, snapshotRole, timestampRole];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...roles),
      fc.nat(100_000),
      fc.integer({ min: 1, max: 255 }),
      async (role, place, difference) => {
        const original = good.current.get(role) ?? new Uint8Array();
        const changed = Uint8Array.from(original);
        const index = place % changed.length;
        changed[index] = (changed[index] ?? 0) ^ difference;
        repository.current.set(role, changed);
        for (const [name, bytes] of good.shelf)
          repository.shelf.set(name, bytes === original ? changed : bytes);
        const fresh = createReader({
          source: sourceOf(() => repository),
          memory: inMemoryTrustMemory(),
          clock: () => now,
        });
        const reading = await fresh.read(gun, o);
        repository.current.set(role, original);
        if (reading.kind === "verified")
          expect(reading.roles.map(({ name, state }) => [name, state.kind])).toEqual([
            ["targets", "valid"],
            ["targets/qa", "tampered"],
          ]);
        else expect(reading).toMatchObject({ kind: "tampered" });
        expect(reading.kind === "verified").toBe(role === qa);
      },
    ),
    { numRuns: 400 },
  );
});

describe("attacks on a delegation leave the rest as it is", () => {
  const stateOf = async (name: RoleName) => {
    const reading = await read();
    if (reading.kind !== "verified") throw new Error(JSON.stringify(reading));
    const role = reading.roles.find((one) => one.name === name);
    return { state: role?.state.kind, signedBy: role?.signedBy, targets: role?.targets.size };
  };

  test("a key nobody delegated to", async () => {
    const role = repository.delegate(qa, {});
    role.targets.set("1", "evil");
    await repository.publish();
    await repository.republish(new Map([[qa, await signTargets(role, [testKey()])]]));
    expect(await stateOf(qa)).toEqual({ state: "tampered", signedBy: [], targets: 0 });
  });

  test("one key in two certificates is one key, so it does not meet a threshold of two", async () => {
    const terms = { name: "bob", notBefore: start, notAfter: start + msPerDay };
    const one = await certifiedKey(terms);
    const two = await certifiedKey({ ...terms, again: one });
    expect(one.listed.id).not.toBe(two.listed.id);
    expect(one.listed.material.fingerprint).toBe(two.listed.material.fingerprint);
    const role = repository.delegate(qa, { keys: [one, two], threshold: 2 });
    await repository.publish();
    expect(await stateOf(qa)).toMatchObject({ state: "tampered" });
    role.keys = [one, testKey()];
    repository.targets.version = 2;
    role.version = 2;
    await repository.republish();
    expect(await stateOf(qa)).toMatchObject({ state: "valid" });
  });

  test("an expired file", async () => {
    repository.delegate(qa, { expires: start - 1 });
    await repository.publish();
    expect(await stateOf(qa)).toMatchObject({ state: "expired" });
  });

  test("an older file under a newer snapshot; and the role begins anew once it was taken away", async () => {
    const role = repository.delegate(qa, { version: 5 });
    await repository.publish();
    await read();
    role.version = 4;
    await repository.republish();
    expect(await stateOf(qa)).toMatchObject({ state: "tampered" });
    repository.targets.children.clear();
    repository.targets.version = 2;
    await repository.republish();
    await read();
    repository.delegate(qa, { version: 1 });
    repository.targets.version = 3;
    await repository.republish();
    expect(await stateOf(qa)).toMatchObject({ state: "valid" });
  });

  test("a role that was taken away and given again while nobody looked begins anew", async () => {
    repository.delegate(qa, { version: 5 });
    await repository.publish();
    await read();
    const { children } = repository.targets;
    repository.targets.children = new Map();
    repository.targets.version = 2;
    await repository.republish();
    repository.targets.children = children;
    repository.delegate(qa, { version: 1 });
    repository.targets.version = 3;
    await repository.republish();
    expect(await stateOf(qa)).toMatchObject({ state: "valid" });
    expect(await memory.highest(gun, qa, o)).toMatchObject({ version: 1 });
  });

  test("a role that its owner never took away does not, whatever the server leaves out", async () => {
    const role = repository.delegate(qa, { version: 5 });
    await repository.publish();
    await read();
    repository.targets.version = 2;
    await repository.republish();
    role.version = 1;
    repository.targets.version = 3;
    await repository.republish();
    expect(await stateOf(qa)).toMatchObject({ state: "tampered" });
    expect(await memory.highest(gun, qa, o)).toMatchObject({ version: 5 });
  });

  test("what hangs below a role that cannot be believed is not looked at", async () => {
    repository.delegate(qa, { expires: start - 1 });
    repository.delegate("targets/qa/inner", {});
    await repository.publish();
    expect(await stateOf(parseRoleName("targets/qa/inner"))).toMatchObject({ state: undefined });
  });

  test("a file that arrived broken once is looked at again, under the same timestamp", async () => {
    repository.delegate(qa, {});
    await repository.publish();
    const good = new Map(repository.shelf);
    for (const name of good.keys())
      if (name.startsWith(`${qa}.`)) repository.shelf.set(name, new Uint8Array([123]));
    expect(await stateOf(qa)).toMatchObject({ state: "tampered" });
    expect(await stateOf(qa)).toMatchObject({ state: "tampered" });
    for (const [name, bytes] of good) repository.shelf.set(name, bytes);
    expect(await stateOf(qa)).toMatchObject({ state: "valid" });
  });
});

describe("faults of the world", () => {
  test("a source that fails is unavailable, not absent", async () => {
    const broken = () => Promise.reject(new Error("connection refused"));
    const source = { current: broken, byChecksum: broken, byVersion: broken };
    const reading = await createReader({ source, memory, clock: () => now }).read(gun, o);
    expect(reading).toMatchObject({ kind: "unavailable" });
    expect(JSON.stringify(reading)).not.toContain("refused");
  });

  test("one that fails half way is unavailable too", async () => {
    await repository.publish();
    const byChecksum = () => Promise.reject(new Error("gone"));
    const source = { ...sourceOf(() => repository), byChecksum };
    const reading = await createReader({ source, memory, clock: () => now }).read(gun, o);
    expect(reading).toMatchObject({ kind: "unavailable" });
  });

  test("a caller who gives up gets an error, not a reading", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    const failing = () => Promise.reject(new Error("aborted"));
    const source = { current: failing, byChecksum: failing, byVersion: failing };
    const read = createReader({ source, memory, clock: () => now }).read(gun, { signal });
    await expect(read).rejects.toThrow("enough");
  });

  test("another replica's newer reading makes ours stale, warm or not", async () => {
    await repository.publish();
    const old = new Map(repository.current);
    await read();
    const shelf = new Map(repository.shelf);
    await repository.republish();
    await newReader().read(gun, o);
    for (const [role, bytes] of old) repository.current.set(role, bytes);
    for (const [name, bytes] of shelf) repository.shelf.set(name, bytes);
    expect(await read()).toMatchObject({ kind: "rolled-back", role: "timestamp" });
  });
});
