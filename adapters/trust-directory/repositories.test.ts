import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseGun, type Gun } from "#domain/oci";
import { parseRoleName, rootRole, targetsRole, timestampRole } from "#domain/tuf";
import { signTargets, testKey, testRepository, type TestRepository } from "#domain/tuf/testing";
import { createReader, type MetadataSource } from "#services/reader";
import type { Change } from "#services/signer";
import { openTrustDirectory, type DirectoryWarning, type TrustDirectory } from "./index.ts";

const o = { signal: new AbortController().signal };
const now = 1_780_000_000_000;
const { gun } = parseGun("registry.test/acme/web");
const qa = parseRoleName("targets/qa");
const nobody = {
  existing: () => Promise.resolve(undefined),
  fresh: () => Promise.resolve(undefined),
};

type World = AsyncDisposable & {
  readonly path: string;
  /** The directory as the next run of a program finds it. */
  readonly open: (clock?: () => number) => TrustDirectory;
  readonly warnings: DirectoryWarning[];
  readonly metadata: string;
};

async function world(): Promise<World> {
  const path = await mkdtemp(join(tmpdir(), "countersign-repositories-"));
  const warnings: DirectoryWarning[] = [];
  const onWarning = (warning: DirectoryWarning) => void warnings.push(warning);
  return {
    path,
    warnings,
    open: (clock = () => now) =>
      openTrustDirectory(path, { passphrases: nobody, clock, onWarning }),
    metadata: join(path, "tuf", gun, "metadata"),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** The owner's server, and what was asked of it by checksum. */
function sourceOf(repository: TestRepository): MetadataSource & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    current: (_gun, role) => Promise.resolve(repository.current.get(role)),
    byChecksum(_gun, role, sha256) {
      asked.push(role);
      return Promise.resolve(repository.shelf.get(`${role}.${sha256}`));
    },
    byVersion: (_gun, role, version) => Promise.resolve(repository.shelf.get(`${role}.${version}`)),
  };
}

const read = (source: MetadataSource, { memory, cache }: TrustDirectory) =>
  createReader({ source, memory, cache, clock: () => now }).read(gun, o);

async function withQa(): Promise<TestRepository> {
  const repository = await testRepository(gun, now);
  repository.delegate("targets/qa", { version: 4, targets: new Map([["1.0", "content"]]) });
  await repository.publish();
  return repository;
}

describe("what was verified", () => {
  test("is not fetched again in the next run, and an older state is refused then", async () => {
    await using it = await world();
    const repository = await withQa();
    const old = new Map(repository.current);
    const source = sourceOf(repository);
    expect(await read(source, it.open())).toMatchObject({ kind: "verified" });
    expect(source.asked.sort()).toEqual(["snapshot", "targets", "targets/qa"]);
    source.asked.length = 0;
    expect(await read(source, it.open())).toMatchObject({ kind: "verified" });
    expect(source.asked).toEqual([]);
    repository.targets.version = 2;
    await repository.republish();
    expect(await read(source, it.open())).toMatchObject({ kind: "verified", snapshotVersion: 2 });
    expect(source.asked.sort()).toEqual(["snapshot", "targets"]);
    for (const [role, bytes] of old) repository.current.set(role, bytes);
    expect(await read(source, it.open())).toMatchObject({ kind: "rolled-back", role: "timestamp" });
    expect((await readdir(it.metadata)).sort()).toEqual([
      "root.json",
      "snapshot.json",
      "targets",
      "targets.json",
      "timestamp.json",
    ]);
  });

  test("stays what it was when a delegation is forged: a version out of reach is not remembered", async () => {
    await using it = await world();
    const repository = await withQa();
    const role = repository.targets.children.get("targets/qa");
    if (role === undefined) throw new Error("no role");
    const source = sourceOf(repository);
    await read(source, it.open());
    const forged = await signTargets({ ...role, version: 900_000_000 }, [testKey()]);
    await repository.republish(new Map([[qa, forged]]));
    expect(await read(source, it.open())).toMatchObject({ kind: "verified", snapshotVersion: 2 });
    expect((await it.open().memory.highest(gun, qa, o))?.version).toBe(4);
    role.version = 5;
    await repository.republish();
    const reading = await read(source, it.open());
    expect(reading).toMatchObject({ roles: [{}, { version: 5, state: { kind: "valid" } }] });
    expect((await it.open().memory.highest(gun, qa, o))?.version).toBe(5);
  });

  test("is forgotten of a delegation that its owner took away, and of roles with renewed keys", async () => {
    await using it = await world();
    const repository = await withQa();
    const source = sourceOf(repository);
    await read(source, it.open());
    repository.targets.children.delete("targets/qa");
    repository.targets.version = 2;
    repository.timestamp.version = 900;
    await repository.republish();
    await read(source, it.open());
    expect(await it.open().memory.highest(gun, qa, o)).toBeUndefined();
    expect((await it.open().memory.highest(gun, timestampRole, o))?.version).toBe(901);
    repository.timestamp.version = 6;
    repository.timestamp.keys = [testKey()];
    repository.root.version = 2;
    await repository.republish();
    expect(await read(source, it.open())).toMatchObject({ kind: "verified", rootVersion: 2 });
    expect((await it.open().memory.highest(gun, timestampRole, o))?.version).toBe(7);
  });

  test("goes with the repository's folder, as users of Notary expect", async () => {
    await using it = await world();
    const first = await withQa();
    await read(sourceOf(first), it.open());
    const second = await withQa();
    expect(await read(sourceOf(second), it.open())).toMatchObject({ kind: "tampered" });
    await rm(join(it.path, "tuf", gun), { recursive: true });
    expect(await read(sourceOf(second), it.open())).toMatchObject({ kind: "verified" });
  });

  test("is verified although it cannot be kept, with a warning", async () => {
    await using it = await world();
    await writeFile(join(it.path, "tuf"), "in the way");
    const directory = it.open();
    const source = sourceOf(await withQa());
    await expect(read(source, directory)).rejects.toMatchObject({
      code: "signer/directory-broken",
    });
    await rm(join(it.path, "tuf"));
    await mkdir(it.metadata, { recursive: true });
    for (const name of ["root.json", "timestamp.json"]) await mkdir(join(it.metadata, name));
    expect(await read(source, directory)).toMatchObject({ kind: "verified" });
    expect(it.warnings.map(({ file }) => file)).toEqual([`tuf/${gun}`, `tuf/${gun}`]);
    const { root, seen } = await directory.memory.recall(gun, o);
    expect([root === undefined, seen.get(timestampRole)?.version]).toEqual([false, 1]);
  });

  test("counts by the version that a file says, however it is written, and broken files do not count", async () => {
    await using it = await world();
    const repository = await withQa();
    await read(sourceOf(repository), it.open());
    const path = join(it.metadata, "targets.json");
    const text = await readFile(path, "utf8");
    const versionOf = async (content: string): Promise<number | undefined> => {
      await writeFile(path, content);
      return (await it.open().memory.highest(gun, targetsRole, o))?.version;
    };
    expect(await versionOf(text)).toBe(1);
    expect(await versionOf(JSON.stringify(JSON.parse(text), null, 2))).toBe(1);
    expect(await versionOf(text.replace('"version":1}', '"version":7}'))).toBe(7);
    expect(await versionOf(text.slice(0, -1))).toBeUndefined();
    expect(await versionOf("")).toBeUndefined();
    expect(await versionOf("[]")).toBeUndefined();
    await writeFile(path, text);
    await writeFile(join(it.metadata, "root.json"), "not a root");
    const reading = await read(sourceOf(repository), it.open());
    expect(reading).toMatchObject({ kind: "tampered", role: "root" });
  });
});

describe("staged changes", () => {
  const add = (name: string): Change => ({
    kind: "target-add",
    role: targetsRole,
    name,
    target: { length: 1, sha256: "ab".repeat(32) },
  });
  const folderOf = (it: World): string => join(it.path, "tuf", gun, "changelist");

  test("keep their order with a clock that stands still or goes back", async () => {
    await using it = await world();
    let at = now;
    const { local } = it.open(() => (at -= 1_000));
    for (const name of ["a", "b", "c"]) await local(gun).stage([add(name), add(`${name}2`)], o);
    const staged = await it.open().local(gun).staged(o);
    const names = staged.map(({ change }) => ("name" in change ? change.name : ""));
    expect(names).toEqual(["a", "a2", "b", "b2", "c", "c2"]);
    expect((await readdir(folderOf(it))).every((name) => /^\d{20}_.{36}\.change$/.test(name))).toBe(
      true,
    );
  });

  test("staged at the same time are all there", async () => {
    await using it = await world();
    const { local } = it.open();
    const names = Array.from({ length: 20 }, (_, index) => `tag-${index}`);
    await Promise.all(names.map((name) => local(gun).stage([add(name)], o)));
    const staged = await it.open().local(gun).staged(o);
    expect(staged.map(({ change }) => ("name" in change ? change.name : ""))).toEqual(names);
  });

  const line = (more: object): string =>
    JSON.stringify({ action: "create", role: "targets", type: "target", path: "x", ...more });
  const data = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64");
  const hashes = { sha256: Buffer.alloc(32).toString("base64") };

  test.for([
    ["nothing", ""],
    ["no object", "[]"],
    ["half of one", line({ data: null }).slice(0, -5)],
    ["a member twice", line({ data: null }).replace("{", '{"type":"witness",')],
    ["an unknown action", line({ action: "burn", data: null })],
    ["an unknown type", line({ type: "role", role: "root", data: data({}) })],
    ["a target of root", line({ role: "root", data: data({ length: 1, hashes }) })],
    ["a role that is none", line({ role: "targets/../root", data: data({ length: 1, hashes }) })],
    ["a target without data", line({ data: null })],
    ["data that is not base64", line({ data: "{}" })],
    ["data that is not JSON", line({ data: "AAAA" })],
    ["a negative length", line({ data: data({ length: -1, hashes }) })],
    ["a broken length", line({ data: data({ length: 1.5, hashes }) })],
    ["no hashes", line({ data: data({ length: 1, hashes: {} }) })],
    ["a short hash", line({ data: data({ length: 1, hashes: { sha256: "AAAA" } }) })],
    [
      "a key that is none",
      line({ type: "delegation", role: "targets/a", data: data({ add_keys: [{}] }) }),
    ],
    ["a delegation of targets itself", line({ type: "delegation", data: data({}) })],
    ["nesting without end", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`],
    ["four megabytes", line({ data: "A".repeat(4_194_304) })],
  ])("%s is told by its name and stays where it is", async ([, content = ""]) => {
    await using it = await world();
    await it
      .open()
      .local(gun)
      .stage([add("good")], o);
    const name = `${"9".repeat(20)}_bad.change`;
    await writeFile(join(folderOf(it), name), content);
    const local = it.open().local(gun);
    await expect(local.staged(o)).rejects.toMatchObject({
      code: "signer/directory-broken",
      message: expect.stringContaining(name) as string,
    });
    expect(await readdir(folderOf(it))).toHaveLength(2);
    await local.unstage([name], o);
    expect(await local.staged(o)).toHaveLength(1);
  });

  test("are not sought in files of another name, and no name leads out of their folder", async () => {
    await using it = await world();
    const local = it.open().local(gun);
    await local.stage([add("good")], o);
    await writeFile(join(folderOf(it), "notes.txt"), "words");
    await writeFile(join(it.path, "precious"), "words");
    await local.unstage(["../../../../precious", "notes.txt"], o);
    expect(await local.staged(o)).toHaveLength(1);
    await local.removeAll(o);
    expect(await readdir(folderOf(it))).toEqual(["notes.txt"]);
    expect(await readFile(join(it.path, "precious"), "utf8")).toBe("words");
  });
});

describe("a repository's name", () => {
  test.for(["..", "../x", "a/../../x", "/etc", "a//b", "a/./b", "", "a/", "a\0b", "a\\..\\b"])(
    "never leads out of the directory: %j",
    async (name) => {
      await using it = await world();
      const directory = it.open();
      const evil = name as Gun;
      const broken = { code: "signer/directory-broken" };
      expect(() => directory.local(evil)).toThrow(expect.objectContaining(broken) as Error);
      await expect(directory.memory.pin(evil, new Uint8Array(), o)).rejects.toMatchObject(broken);
      await expect(directory.lock(evil, o)).rejects.toMatchObject(broken);
      expect(await readdir(it.path)).toEqual([]);
    },
  );

  test("may be part of another's, and each is removed alone, its empty folders with it", async () => {
    await using it = await world();
    const inner = parseGun(`${gun}/inner`).gun;
    const { local } = it.open();
    const files = new Map([[rootRole, new TextEncoder().encode("{}")]]);
    for (const name of [gun, inner]) await local(name).writeFiles(files, o);
    await local(gun).removeAll(o);
    expect(await readdir(join(it.path, "tuf", gun))).toEqual(["inner"]);
    await local(inner).removeAll(o);
    expect(await readdir(join(it.path, "tuf", gun))).toEqual([]);
  });
});
