import { describe, expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import { parseRoleName, rootRole, targetsRole, timestampRole } from "#domain/tuf";
import { signRoot, testRepository } from "#domain/tuf/testing";
import type { TrustMemory } from "#services/reader";

type Opened = AsyncDisposable & { readonly memory: TrustMemory };

/** What every `TrustMemory` must do. */
export function trustMemorySuite(name: string, open: () => Promise<Opened>): void {
  const o = { signal: new AbortController().signal };
  const { gun } = parseGun("registry.test/acme/web");
  const other = parseGun("registry.test/acme/other").gun;
  const file = (version: number, digit: string) => ({ version, sha256: digit.repeat(64) });
  const rootOf = async (version: number): Promise<Uint8Array> => {
    const repository = await testRepository(gun, 1_780_000_000_000);
    repository.root.version = version;
    return await signRoot(repository);
  };

  describe(name, () => {
    test("nothing is remembered of a repository never seen", async () => {
      await using opened = await open();
      const { root, seen } = await opened.memory.recall(gun, o);
      expect(root).toBeUndefined();
      expect(seen.size).toBe(0);
      expect(await opened.memory.highest(gun, timestampRole, o)).toBeUndefined();
    });

    test("versions and the root rise and never fall", async () => {
      await using opened = await open();
      const { memory } = opened;
      const [one, two] = [await rootOf(1), await rootOf(2)];
      const raise = (root: Uint8Array, version: number, digit: string) =>
        memory.raise(
          gun,
          { root, seen: new Map([[timestampRole, file(version, digit)]]), gone: [], renewed: [] },
          o,
        );
      await raise(one, 4, "a");
      const high = await raise(two, 7, "b");
      expect(high.seen.get(timestampRole)).toEqual(file(7, "b"));
      const late = await raise(one, 5, "c");
      expect(late.seen.get(timestampRole)).toEqual(file(7, "b"));
      expect(Buffer.from(late.root ?? []).equals(two)).toBe(true);
      await raise(two, 7, "d");
      expect(await memory.highest(gun, timestampRole, o)).toEqual(file(7, "b"));
      expect((await memory.recall(other, o)).seen.size).toBe(0);
    });

    test("a role that is gone is forgotten, the others are not", async () => {
      await using opened = await open();
      const root = await rootOf(1);
      const qa = parseRoleName("targets/qa");
      const seen = new Map([
        [targetsRole, file(3, "a")],
        [qa, file(9, "b")],
      ]);
      await opened.memory.raise(gun, { root, seen, gone: [], renewed: [] }, o);
      const news = { root, seen: new Map(), gone: [qa], renewed: [] };
      const after = await opened.memory.raise(gun, news, o);
      const others = [...after.seen.keys()].filter((role) => role !== rootRole); // a store may count the root in
      expect(others).toEqual([targetsRole]);
    });

    test("a newer root that renews a role lets it begin again; the same root a second time does not", async () => {
      await using opened = await open();
      const { memory } = opened;
      const [one, two] = [await rootOf(1), await rootOf(2)];
      const raise = (root: Uint8Array, version: number, digit: string) => {
        const seen = new Map([[timestampRole, file(version, digit)]]);
        return memory.raise(gun, { root, seen, gone: [], renewed: [timestampRole] }, o);
      };
      await raise(one, 900, "a");
      const { seen } = await raise(two, 6, "b");
      expect(seen.get(timestampRole)).toEqual(file(6, "b"));
      await raise(two, 5, "c");
      expect(await memory.highest(gun, timestampRole, o)).toEqual(file(6, "b"));
    });

    test("a pin holds until the repository is forgotten", async () => {
      await using opened = await open();
      const { memory } = opened;
      const [first, second] = [await rootOf(1), await rootOf(1)];
      await memory.pin(gun, first, o);
      await memory.pin(gun, second, o);
      expect(Buffer.from((await memory.recall(gun, o)).root ?? []).equals(first)).toBe(true);
      await memory.forget(gun, o);
      expect((await memory.recall(gun, o)).root).toBeUndefined();
    });
  });
}
