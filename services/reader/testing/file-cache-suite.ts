import { describe, expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import { describeFile, rootRole, timestampRole } from "#domain/tuf";
import { testRepository } from "#domain/tuf/testing";
import type { FileCache, LastGood } from "#services/reader";

type Opened = AsyncDisposable & { readonly cache: FileCache };
type Good = LastGood & { readonly files: ReadonlyMap<string, Uint8Array> };

const o = { signal: new AbortController().signal };
const { gun } = parseGun("other.test/acme/web");
const { gun: neighbour } = parseGun("other.test/acme/neighbour");

/** Readings of one repository, one after another, each with a target more. */
async function readings(count: number): Promise<readonly Good[]> {
  const repository = await testRepository(gun, 1_780_000_000_000);
  const made: Good[] = [];
  for (let index = 0; index < count; index += 1) {
    repository.targets.version = index + 1;
    repository.targets.targets.set(`tag-${index}`, "content");
    const published = await repository.republish();
    const fetched = [...published].filter(([role]) => role !== rootRole && role !== timestampRole);
    made.push({
      timestamp: published.get(timestampRole) ?? new Uint8Array(),
      at: (index + 1) * 10_000,
      files: new Map(fetched.map(([, bytes]) => [describeFile(bytes).sha256, bytes])),
    });
  }
  return made;
}

/** What every `FileCache` must do with the files that repositories are made of. */
export function fileCacheSuite(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    test("what was kept is found by its checksum, with the timestamp and when it was confirmed", async () => {
      await using opened = await open();
      const { cache } = opened;
      const [good] = await readings(1);
      if (good === undefined) throw new Error("no reading");
      expect(await cache.lastGood(gun, o)).toBeUndefined();
      await cache.keep(gun, good, o);
      const { timestamp, at } = (await cache.lastGood(gun, o)) ?? {};
      expect([textOf(timestamp), at]).toEqual([textOf(good.timestamp), good.at]);
      for (const [sha256, bytes] of good.files) {
        expect(textOf(await cache.file(gun, sha256, o))).toBe(textOf(bytes));
        expect(await cache.file(neighbour, sha256, o)).toBeUndefined();
      }
      expect(await cache.file(gun, "00".repeat(32), o)).toBeUndefined();
    });

    test("a reading takes the place of the one before", async () => {
      await using opened = await open();
      const { cache } = opened;
      const [first, second] = await readings(2);
      if (first === undefined || second === undefined) throw new Error("no readings");
      await cache.keep(gun, first, o);
      await cache.keep(neighbour, first, o);
      await cache.keep(gun, second, o);
      expect((await cache.lastGood(gun, o))?.at).toBe(second.at);
      for (const sha256 of first.files.keys()) {
        expect(await cache.file(gun, sha256, o)).toBeUndefined();
        expect(await cache.file(neighbour, sha256, o)).toBeDefined();
      }
      for (const sha256 of second.files.keys())
        expect(await cache.file(gun, sha256, o)).toBeDefined();
    });

    test("a confirmation moves the moment on and never back; forgetting takes everything", async () => {
      await using opened = await open();
      const { cache } = opened;
      const [good] = await readings(1);
      if (good === undefined) throw new Error("no reading");
      await cache.keep(gun, good, o);
      await cache.touch(gun, 30_000, o);
      await cache.touch(gun, 20_000, o);
      expect((await cache.lastGood(gun, o))?.at).toBe(30_000);
      await cache.forget(gun, o);
      await cache.touch(gun, 40_000, o);
      expect(await cache.lastGood(gun, o)).toBeUndefined();
      for (const sha256 of good.files.keys())
        expect(await cache.file(gun, sha256, o)).toBeUndefined();
    });
  });
}

function textOf(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
