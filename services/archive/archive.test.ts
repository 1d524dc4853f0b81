import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { CodedError } from "#domain/kernel";
import { parseGun, type Gun } from "#domain/oci";
import { rootRole, targetsRole, timestampRole, type RoleName } from "#domain/tuf";
import {
  certifiedKey,
  signRoot,
  signTargets,
  serve,
  testKey,
  testRepository,
  type TestRepository,
} from "#domain/tuf/testing";
import {
  archiveAll,
  collect,
  decodeArchive,
  encodeArchive,
  importInto,
  judge,
  mirrorFiles,
  patientSource,
  type ArchivedRepository,
} from "#services/archive";
import { serverOf } from "./testing/index.ts";
import { writeZip } from "./stored-zip.ts";

const o = { signal: AbortSignal.timeout(60_000) };
const now = Date.UTC(2026, 10, 22);
const day = 86_400_000;
const { gun } = parseGun("other.test:5000/acme/web");
const clock = (): number => now;
const server = "https://other.test:5000";

/** Two root keys one after the other, a role in use, a role that was removed, one that was never signed. */
async function livedIn(name: Gun = gun): Promise<TestRepository> {
  const repository = await testRepository(name, now);
  repository.targets.targets.set("base", "base image");
  repository.delegate("targets/releases", {}).targets.set("1.0", "image one");
  repository.delegate("targets/qa", {}).targets.set("1.0", "image one");
  await repository.publish();
  await rotateRoot(repository);
  await rotateRoot(repository);
  return repository;
}

async function rotateRoot(repository: TestRepository): Promise<void> {
  const before = repository.root.keys;
  const terms = { notBefore: now - day, notAfter: now + 3_650 * day };
  repository.root.keys = [await certifiedKey({ name: repository.gun, ...terms })];
  repository.root.version += 1;
  const root = await signRoot(repository, [...repository.root.keys, ...before]);
  await repository.republish(new Map([[rootRole, root]]));
}

/** Takes a role away as Go's server does: its file stays in the snapshot. */
async function removeRole(repository: TestRepository, name: string): Promise<void> {
  const role = repository.targets.children.get(name);
  if (role === undefined) throw new Error(name);
  const file = await signTargets(role);
  repository.targets.children.delete(name);
  repository.targets.version += 1;
  const root = repository.current.get(rootRole);
  if (root === undefined) throw new Error("no root");
  await repository.republish(
    new Map([
      [name as RoleName, file],
      [rootRole, root],
    ]),
  );
}

const collected = (repository: TestRepository): Promise<ArchivedRepository> =>
  collect({ source: serverOf(repository).source, server, clock }, gun, o);

let sample: ArchivedRepository;
beforeAll(async () => {
  const repository = await livedIn();
  await removeRole(repository, "targets/qa");
  sample = await collected(repository);
});

test("every root, every named file and removed roles are kept byte for byte", async () => {
  const repository = await livedIn();
  await removeRole(repository, "targets/qa");
  const { source, asked } = serverOf(repository);
  const archived = await collect({ source, server, clock }, gun, o);
  expect([...archived.roots.keys()]).toEqual([1, 2, 3]);
  expect([...archived.targets.keys()].toSorted()).toEqual([
    "targets",
    "targets/qa",
    "targets/releases",
  ]);
  for (const [role, bytes] of archived.targets) expect(bytes).toEqual(repository.current.get(role));
  expect(asked).toContain("root.1");
  expect(asked.filter((name) => name === timestampRole)).toHaveLength(1);
});

test("an archive says what was signed by whom, and what was removed", () => {
  const judgement = judge(sample, now);
  expect(judgement).toMatchObject({ isSound: true, faults: [] });
  expect(judgement.content?.roots).toEqual({ versions: [1, 2, 3], missing: [], breaks: [] });
  expect(judgement.content?.roles.map(({ role, state }) => [role, state])).toEqual([
    ["root", "signed"],
    ["timestamp", "signed"],
    ["snapshot", "signed"],
    ["targets", "signed"],
    ["targets/releases", "signed"],
    ["targets/qa", "not-delegated"],
  ]);
  expect(judgement.content?.tags).toMatchObject([
    { name: "1.0", roles: ["targets/releases"], formerRoles: ["targets/qa"] },
    { name: "base", roles: ["targets"], formerRoles: [] },
  ]);
});

test("what has expired since is read, and marked", () => {
  const later = judge(sample, now + 15 * day);
  expect(later.isSound).toBe(true);
  expect(later.content).toMatchObject({
    then: { kind: "fresh", until: now + 14 * day },
    now: { kind: "expired", role: "timestamp", at: now + 14 * day },
  });
  expect(later.content?.tags).toHaveLength(2);
  const centuries = judge(sample, now + 40_000 * day);
  expect(centuries.isSound).toBe(true);
  expect(centuries.content?.now.kind).toBe("expired");
});

test("what had expired before it was archived is kept, and marked", async () => {
  const repository = await livedIn();
  const source = serverOf(repository).source;
  const late = await collect({ source, server, clock: () => now + 4_000 * day }, gun, o);
  const judgement = judge(late, now + 4_000 * day);
  expect(judgement).toMatchObject({
    isSound: true,
    content: { then: { kind: "expired" }, now: { kind: "expired" } },
  });
  expect(judge(late, now).content?.now.kind).toBe("fresh");
});

test("a root version that the server has lost is a gap, and one that is not signed by the last a break", async () => {
  const repository = await livedIn();
  const { source, instead } = serverOf(repository);
  instead.set("root.1", undefined);
  const gap = judge(await collect({ source, server, clock }, gun, o), now);
  expect(gap).toMatchObject({ isSound: true, content: { roots: { missing: [1] } } });

  instead.delete("root.1");
  instead.set("root.2", undefined);
  const middle = judge(await collect({ source, server, clock }, gun, o), now);
  expect(middle.isSound).toBe(false);
  expect(middle.content?.roots).toMatchObject({ missing: [2], breaks: [{ after: 1, at: 3 }] });
});

test("there is exactly one file for the same content, and it reads back as it was", () => {
  const bytes = encodeArchive([sample]);
  expect(encodeArchive([...decodeArchive(bytes).values()])).toEqual(bytes);
  expect(decodeArchive(bytes).get(gun)).toMatchObject({ gun, server, archivedAt: now });
  expect(decodeArchive(encodeArchive([])).size).toBe(0);
});

test("a flipped bit anywhere in an archive is found", () => {
  const bytes = encodeArchive([sample]);
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 7 }), (at, bit) => {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << bit);
      expectRefused(changed);
    }),
    { numRuns: 400 },
  );
});

test("bytes that are cut off, added, moved or made up are found", () => {
  const bytes = encodeArchive([sample]);
  for (let at = 0; at < bytes.length; at += 97) expectRefused(bytes.subarray(0, at));
  expectRefused(Buffer.concat([bytes, Buffer.from([0])]));
  expectRefused(Buffer.concat([Buffer.from([0]), bytes]));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => expectRefused(noise)));
});

function expectRefused(bytes: Uint8Array): void {
  try {
    decodeArchive(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    expect((error as CodedError).code).toMatch(/^archive\/(?:damaged|not-an-archive)$/);
    return;
  }
  throw new Error("it was read");
}

test.for([
  ["../escape"],
  ["/absolute"],
  ["a/../b"],
  ["a//b"],
  [".hidden"],
  ["a\\b"],
  ["a:b"],
  ["nul\0l"],
  [""],
])("a file named %j is neither written nor read", ([name]) => {
  expect(() => writeZip(new Map([[name ?? "", new Uint8Array()]]))).toThrow(
    expect.objectContaining({ code: "archive/damaged" }),
  );
});

test("a zip with a file beside those that are listed is refused, and so is one without a list", () => {
  const plain = new Map([["other.txt", Buffer.from("x")]]);
  expect(() => decodeArchive(writeZip(plain))).toThrow(
    expect.objectContaining({ code: "archive/not-an-archive" }),
  );
  const manifest = `{"format":"countersign-trust-archive","version":1,"repositories":[]}`;
  const more = new Map([...plain, ["archive.json", Buffer.from(manifest)]]);
  expect(() => decodeArchive(writeZip(more))).toThrow(
    expect.objectContaining({ code: "archive/damaged" }),
  );
});

test("a file that was changed together with the list is found by its signatures", () => {
  const swap = (change: Partial<ArchivedRepository>): boolean => {
    const bytes = encodeArchive([{ ...sample, ...change }]);
    const [read] = decodeArchive(bytes).values();
    return read !== undefined && judge(read, now).isSound;
  };
  const edited = (bytes: Uint8Array): Uint8Array =>
    Buffer.from(Buffer.from(bytes).toString().replace('"version":', '"version":1'));
  expect(swap({})).toBe(true);
  expect(swap({ timestamp: edited(sample.timestamp) })).toBe(false);
  expect(swap({ snapshot: edited(sample.snapshot) })).toBe(false);
  for (const [role, bytes] of sample.targets)
    expect(swap({ targets: new Map([...sample.targets, [role, edited(bytes)]]) })).toBe(false);
  for (const [version, bytes] of sample.roots)
    expect(swap({ roots: new Map([...sample.roots, [version, edited(bytes)]]) })).toBe(false);
  const stray = new Map([...sample.targets, ["targets/new" as RoleName, sample.timestamp]]);
  expect(swap({ targets: stray })).toBe(false);
});

test("data of another repository does not pass for this one's", async () => {
  const other = parseGun("other.test:5000/acme/other").gun;
  const moved = { ...sample, gun: other };
  expect(judge(moved, now)).toMatchObject({ isSound: false, faults: [{ role: "root" }] });
});

test.for([
  ["a wrong hash", (b: Uint8Array) => Buffer.from(b).fill(0x20, 0, 1), "archive/unsound"],
  ["no end", (b: Uint8Array) => Buffer.concat([b, Buffer.alloc(1_000_000)]), "archive/unsound"],
  ["a file cut short", (b: Uint8Array) => b.subarray(0, b.length - 1), "archive/unsound"],
] as const)("a server that gives %s is refused, whichever file it is", async ([, spoil, code]) => {
  const repository = await livedIn();
  for (const role of [...repository.current.keys()]) {
    const { source, instead } = serverOf(repository);
    const bytes = repository.current.get(role) ?? new Uint8Array();
    for (const [name, held] of repository.shelf)
      if (held === bytes && name !== `${role}.1`) instead.set(name, spoil(held));
    instead.set(role, spoil(bytes));
    await expect(collect({ source, server, clock }, gun, o)).rejects.toMatchObject({ code });
  }
});

test("a delegation that the server has lost is told, and the rest is kept", async () => {
  const repository = await livedIn();
  const { source, instead } = serverOf(repository);
  for (const name of repository.shelf.keys())
    if (name.startsWith("targets/qa.")) instead.set(name, undefined);
  const archived = await collect({ source, server, clock }, gun, o);
  const qa = judge(archived, now).content?.roles.find(({ role }) => role === "targets/qa");
  expect(qa).toMatchObject({ state: "not-signed", version: 0 });
});

test("something that is published in the middle of it is no fault", async () => {
  const repository = await livedIn();
  const { source, instead } = serverOf(repository);
  let isFirst = true;
  const stale = repository.current.get(timestampRole);
  instead.set(timestampRole, () => {
    if (!isFirst) return repository.current.get(timestampRole);
    isFirst = false;
    return stale;
  });
  for (const name of [...repository.shelf.keys()].filter((one) => one.startsWith("snapshot.")))
    instead.set(name, undefined);
  await repository.republish(
    new Map([[rootRole, repository.current.get(rootRole) ?? Buffer.from("")]]),
  );
  expect((await collect({ source, server, clock }, gun, o)).gun).toBe(gun);
});

test("a repository that is not there is absent", async () => {
  const repository = await livedIn();
  const { source } = serverOf(repository);
  const none = parseGun("other.test:5000/acme/none").gun;
  await expect(collect({ source, server, clock }, none, o)).rejects.toMatchObject({
    code: "archive/absent",
  });
});

test("a server that names thousands of roots is not followed", async () => {
  const repository = await livedIn();
  repository.root.version = 100_000;
  await repository.republish();
  await expect(collected(repository)).rejects.toMatchObject({ code: "archive/too-large" });
});

test("several repositories: all are tried, each is told, what failed keeps nothing away", async () => {
  const second = parseGun("other.test:5000/acme/second").gun;
  const absent = parseGun("other.test:5000/acme/absent").gun;
  const { source } = serverOf(await livedIn(), await livedIn(second));
  const saved: (readonly ArchivedRepository[])[] = [];
  const told: string[] = [];
  const { repositories, outcomes } = await archiveAll(
    {
      sourceOf: () => Promise.resolve({ source, server }),
      clock,
      save: (all) => Promise.resolve(void saved.push(all)),
      told: ({ gun: which, kind }) => told.push(`${kind} ${which}`),
    },
    { guns: [gun, absent, second, gun], before: new Map() },
    o,
  );
  expect([...repositories.keys()].toSorted()).toEqual([second, gun].toSorted());
  expect(outcomes.map(({ kind }) => kind)).toEqual(["archived", "failed", "archived"]);
  expect(told.toSorted()).toEqual(
    [`archived ${gun}`, `archived ${second}`, `failed ${absent}`].toSorted(),
  );
  expect(saved).toHaveLength(1);
});

test("an archive is a pin: it takes what is newer, and nothing older or of another root", async () => {
  const repository = await livedIn();
  const parts = (source = serverOf(repository).source) => ({
    sourceOf: () => Promise.resolve({ source, server }),
    clock,
    save: () => Promise.resolve(),
  });
  const first = await archiveAll(parts(), { guns: [gun], before: new Map() }, o);
  await rotateRoot(repository);
  const lost = serverOf(repository);
  lost.instead.set("root.1", undefined);
  const second = await archiveAll(
    parts(lost.source),
    { guns: [gun], before: first.repositories },
    o,
  );
  const kept = second.repositories.get(gun);
  expect([...(kept?.roots.keys() ?? [])]).toEqual([1, 2, 3, 4]);

  const older = new Map([...repository.shelf].filter(([name]) => name === "timestamp.3"));
  const back = serverOf(repository);
  back.instead.set(timestampRole, older.get("timestamp.3"));
  const rolled = await archiveAll(
    parts(back.source),
    { guns: [gun], before: second.repositories },
    o,
  );
  expect(rolled.outcomes).toMatchObject([
    { kind: "failed", error: { code: "archive/rolled-back" } },
  ]);
  expect(rolled.repositories.get(gun)).toBe(kept);

  const impostor = serverOf(await livedIn()).source;
  const other = await archiveAll(parts(impostor), { guns: [gun], before: first.repositories }, o);
  expect(other.outcomes).toMatchObject([
    { kind: "failed", error: { code: "archive/another-repository" } },
  ]);
});

test("long work is saved now and then", async () => {
  const guns = Array.from({ length: 6 }, (_, i) => parseGun(`other.test:5000/acme/r${i}`).gun);
  const { source } = serverOf(
    ...(await Promise.all(guns.map((one) => testRepository(one, now))).then(async (all) => {
      for (const one of all) await one.publish();
      return all;
    })),
  );
  let time = now;
  const saved: number[] = [];
  await archiveAll(
    {
      sourceOf: () => Promise.resolve({ source, server }),
      clock: () => (time += 20_000),
      save: (all) => Promise.resolve(void saved.push(all.length)),
    },
    { guns, before: new Map() },
    o,
  );
  expect(saved.length).toBeGreaterThan(1);
  expect(saved.at(-1)).toBe(6);
});

test("a busy server is asked again after pauses, and given up in the end", async () => {
  const { source } = serverOf(await livedIn());
  const pauses: number[] = [];
  let failures = 2;
  const busy = new Error("503");
  const flaky = patientSource(
    {
      ...source,
      current: async (...args) => {
        if (failures-- > 0) throw busy;
        return await source.current(...args);
      },
    },
    {
      isPassing: (error) => error === busy,
      pause: (ms) => Promise.resolve(void pauses.push(ms)),
      pausesMs: [10, 20, 30],
    },
  );
  expect((await collect({ source: flaky, server, clock }, gun, o)).gun).toBe(gun);
  expect(pauses).toEqual([10, 20]);
  failures = 1_000;
  await expect(flaky.current(gun, timestampRole, o)).rejects.toMatchObject({
    code: "archive/source-busy",
  });
  const asked = failures;
  await expect(flaky.current(gun, timestampRole, o)).rejects.toMatchObject({ cause: busy });
  expect(asked - failures).toBe(1);
});

function cacheOf(files = new Map<RoleName, Uint8Array>()) {
  return {
    files,
    file: (role: RoleName) => Promise.resolve(files.get(role)),
    writeFiles: (more: ReadonlyMap<RoleName, Uint8Array>) => {
      for (const [role, bytes] of more) files.set(role, bytes);
      return Promise.resolve();
    },
  };
}
const importing = (repository: ArchivedRepository) => ({
  repository,
  judgement: judge(repository, now),
});

test("an import pins the newest root, and gives no role that was removed", async () => {
  const cache = cacheOf();
  expect(await importInto(cache, importing(sample), o)).toEqual({
    kind: "imported",
    pinned: "new",
  });
  expect(cache.files.get(rootRole)).toEqual(sample.roots.get(3));
  expect([...cache.files.keys()].toSorted()).toEqual([
    "root",
    "snapshot",
    "targets",
    "targets/releases",
    "timestamp",
  ]);
  expect(await importInto(cache, importing(sample), o)).toMatchObject({ pinned: "same" });
});

test("an import leads a pin on, and never to another root or back in time", async () => {
  const repository = await livedIn();
  const older = await collected(repository);
  await rotateRoot(repository);
  const newer = await collected(repository);
  const cache = cacheOf();
  await importInto(cache, importing(older), o);
  expect(await importInto(cache, importing(newer), o)).toMatchObject({ pinned: "moved" });
  const held = new Map(cache.files);
  expect(await importInto(cache, importing(older), o)).toMatchObject({ kind: "kept" });
  await expect(importInto(cache, importing(sample), o)).rejects.toMatchObject({
    code: "archive/another-repository",
  });
  expect(cache.files).toEqual(held);
});

test("what does not verify is not imported", async () => {
  const cache = cacheOf();
  const broken = { ...sample, timestamp: sample.snapshot };
  await expect(importInto(cache, importing(broken), o)).rejects.toMatchObject({
    code: "archive/unsound",
  });
  expect(cache.files.size).toBe(0);
});

test("a mirror has every file under the names that clients ask for", async () => {
  const files = mirrorFiles(sample);
  const base = `v2/${gun}/_trust/tuf`;
  expect(files.get(`${base}/1.root.json`)).toBe(sample.roots.get(1));
  expect(files.get(`${base}/root.json`)).toBe(sample.roots.get(3));
  expect(files.get(`${base}/targets.json`)).toBe(sample.targets.get(targetsRole));
  const served = await collect(
    {
      server,
      clock,
      source: {
        current: async (_, role) => await Promise.resolve(files.get(`${base}/${role}.json`)),
        byChecksum: async (_, role, sha256) =>
          await Promise.resolve(files.get(`${base}/${role}.${sha256}.json`)),
        byVersion: async (_, role, version) =>
          await Promise.resolve(files.get(`${base}/${version}.${role}.json`)),
      },
    },
    gun,
    o,
  );
  expect(served).toEqual(sample);
});

test("a threshold that too few keys met leaves the role out", async () => {
  const repository = await livedIn();
  const qa = repository.targets.children.get("targets/qa");
  if (qa === undefined) throw new Error("no qa");
  const file = await signTargets(qa, [testKey()]);
  serve(repository, "targets/qa" as RoleName, file);
  const root = repository.current.get(rootRole) ?? file;
  await repository.republish(
    new Map([
      ["targets/qa" as RoleName, file],
      [rootRole, root],
    ]),
  );
  const judgement = judge(await collected(repository), now);
  expect(judgement.isSound).toBe(true);
  expect(judgement.content?.roles.find(({ role }) => role === "targets/qa")?.state).toBe(
    "not-signed",
  );
  expect(judgement.content?.tags.find(({ name }) => name === "1.0")?.roles).toEqual([
    "targets/releases",
  ]);
});
