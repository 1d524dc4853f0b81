import { beforeEach, expect, test } from "vitest";
import type { Instant, Options } from "#domain/kernel";
import { parseGun } from "#domain/oci";
import { rootRole, targetsRole, timestampRole, type TrustReading } from "#domain/tuf";
import { serve, testRepository, type TestRepository } from "#domain/tuf/testing";
import {
  createReader,
  type FileCache,
  type MetadataSource,
  type TrustMemory,
} from "#services/reader";
import { inMemoryFileCache, inMemoryTrustMemory } from "#services/reader/testing";

const msPerDay = 86_400_000;
const start: Instant = Date.UTC(2026, 5, 1);
const { gun } = parseGun("registry.test/acme/web");
const o = { signal: new AbortController().signal };

let now = start;
let repository: TestRepository;
let memory: TrustMemory;
let cache: FileCache;
let calls: string[];
let touched: number;

beforeEach(async () => {
  now = start;
  repository = await testRepository(gun, start);
  repository.targets.targets.set("1", "image");
  await repository.publish();
  memory = inMemoryTrustMemory();
  touched = 0;
  const kept = inMemoryFileCache();
  const touch: FileCache["touch"] = (...asked) => {
    touched += 1;
    return kept.touch(...asked);
  };
  cache = { ...kept, touch };
  calls = [];
});

/** `silent` never answers for that role, and notes who gives up. */
function sourceOf(silent?: string): MetadataSource {
  const found = (name: string, bytes: Uint8Array | undefined) => {
    calls.push(name);
    return Promise.resolve(bytes);
  };
  const silence = ({ signal }: Options) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        calls.push("given up");
        reject(signal.reason as Error);
      });
    });
  return {
    async current(_gun, role, given) {
      const bytes = await found(role, repository.current.get(role));
      return role === silent ? await silence(given) : bytes;
    },
    byChecksum: (_gun, role, sha256) =>
      found(`${role}.#`, repository.shelf.get(`${role}.${sha256}`)),
    byVersion: (_gun, role, version) =>
      found(`${role}.${version}`, repository.shelf.get(`${role}.${version}`)),
  };
}

/** Reads as a process that has just begun. */
async function readAfterRestart(source = sourceOf()): Promise<TrustReading> {
  calls = [];
  return (await createReader({ source, memory, cache, clock: () => now }).open(gun, o)).reading;
}

test("what is kept stands as long as the timestamp is the same, whatever else does not answer", async () => {
  const first = await readAfterRestart();
  expect(first).toMatchObject({ kind: "verified", timestampVersion: 1 });
  expect(await readAfterRestart(sourceOf(rootRole))).toEqual(first);
  expect(calls).toEqual([timestampRole, rootRole, "given up"]);
});

test("it is noted once a minute that it still stands", async () => {
  await readAfterRestart();
  now += 59_000;
  await readAfterRestart();
  expect(touched).toBe(0);
  now += 1_000;
  await readAfterRestart();
  expect(touched).toBe(1);
  expect(await cache.lastGood(gun, o)).toMatchObject({ at: now });
});

test("under another timestamp everything is looked at, a new root too", async () => {
  await readAfterRestart();
  repository.targets.version = 2;
  repository.root.version = 2;
  await repository.republish();
  expect(await readAfterRestart()).toMatchObject({ kind: "verified", rootVersion: 2 });
  expect(calls).toEqual([timestampRole, rootRole, "snapshot.#", "targets.#"]);
});

test("what has expired does not stand", async () => {
  await readAfterRestart();
  now += 15 * msPerDay;
  expect(await readAfterRestart()).toMatchObject({ kind: "expired", role: timestampRole });
});

test("what is kept broken, or older than what was seen, does not stand", async () => {
  await readAfterRestart();
  const good = await cache.lastGood(gun, o);
  if (good === undefined) throw new Error("nothing is kept");
  await cache.keep(gun, { ...good, files: new Map() }, o);
  expect(await readAfterRestart()).toMatchObject({ kind: "verified" });
  expect(calls).toEqual([timestampRole, rootRole, "snapshot.#", "targets.#"]);

  const old = new Map(repository.current);
  await repository.republish();
  await createReader({ source: sourceOf(), memory, clock: () => now }).read(gun, o);
  for (const [role, bytes] of old) serve(repository, role, bytes);
  expect(await readAfterRestart()).toMatchObject({
    kind: "rolled-back",
    seenVersion: 2,
    offeredVersion: 1,
  });
});

test("a role that does not verify is looked at anew", async () => {
  repository.delegate("targets/qa", {});
  await repository.publish();
  const file = [...repository.shelf].find(([name]) => name.startsWith("targets/qa."));
  if (file === undefined) throw new Error("nothing is published");
  const [name, bytes] = file;
  repository.shelf.set(name, Buffer.from("broken on the way"));
  const states = (reading: TrustReading) =>
    reading.kind === "verified" ? reading.roles.map(({ state }) => state.kind) : [];
  expect(states(await readAfterRestart())).toEqual(["valid", "tampered"]);
  repository.shelf.set(name, bytes);
  expect(states(await readAfterRestart())).toEqual(["valid", "valid"]);
  expect(calls).not.toContain(`${targetsRole}.#`);
});
