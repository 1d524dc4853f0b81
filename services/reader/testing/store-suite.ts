import { describe, expect, test } from "vitest";
import { parseAccountName } from "#domain/identity";
import { parseGun, parseRegistryHost } from "#domain/oci";
import { certifiedKey } from "#domain/tuf/testing";
import {
  parsePinnedCa,
  parseTrustServerUrl,
  type FileCache,
  type RegistryStore,
  type StoredRegistry,
} from "#services/reader";

type Opened = AsyncDisposable & { readonly cache: FileCache; readonly registries: RegistryStore };

const o = { signal: new AbortController().signal };
const { gun } = parseGun("other.test/acme/web");
const { gun: neighbour } = parseGun("other.test/acme/neighbour");
const bytes = (...values: readonly number[]) => new Uint8Array(values);
const list = (value: Uint8Array | undefined) => value && [...value];

async function registry(host: string): Promise<StoredRegistry> {
  const terms = { name: host, notBefore: 0, notAfter: 2e12, isCa: true };
  return {
    host: parseRegistryHost(host),
    trustServer: parseTrustServerUrl(`https://${host}`),
    ca: parsePinnedCa((await certifiedKey(terms)).pem),
    username: "reader",
    sealedPassword: bytes(0, 255),
    maxStaleSeconds: 60,
    addedAt: 5,
    addedBy: parseAccountName("admin"),
  };
}

/** What every `FileCache` and every `RegistryStore` must do. */
export function remoteStoreSuite(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    test("a reading takes the place of the one before, all of it", async () => {
      await using opened = await open();
      const { cache } = opened;
      expect(await cache.lastGood(gun, o)).toBeUndefined();
      const first = {
        timestamp: bytes(1),
        at: 10,
        files: new Map([
          ["aa", bytes(2)],
          ["bb", bytes(3)],
        ]),
      };
      await cache.keep(gun, first, o);
      await cache.keep(neighbour, first, o);
      const second = {
        timestamp: bytes(4),
        at: 20,
        files: new Map([
          ["bb", bytes(5)],
          ["cc", bytes(6)],
        ]),
      };
      await cache.keep(gun, second, o);
      const good = await cache.lastGood(gun, o);
      expect([list(good?.timestamp), good?.at]).toEqual([[4], 20]);
      expect(await cache.file(gun, "aa", o)).toBeUndefined();
      expect(list(await cache.file(gun, "bb", o))).toEqual([5]);
      expect(list(await cache.file(gun, "cc", o))).toEqual([6]);
      expect(list(await cache.file(neighbour, "aa", o))).toEqual([2]);
    });

    test("a confirmation moves the moment on and never back; forgetting takes everything", async () => {
      await using opened = await open();
      const { cache } = opened;
      await cache.keep(gun, { timestamp: bytes(1), at: 10, files: new Map([["aa", bytes(2)]]) }, o);
      await cache.touch(gun, 30, o);
      await cache.touch(gun, 20, o);
      expect((await cache.lastGood(gun, o))?.at).toBe(30);
      await cache.forget(gun, o);
      await cache.touch(gun, 40, o);
      expect(await cache.lastGood(gun, o)).toBeUndefined();
      expect(await cache.file(gun, "aa", o)).toBeUndefined();
    });

    test("registries are listed by host, found, and taken away", async () => {
      await using opened = await open();
      const { registries } = opened;
      const [b, a] = [await registry("b.test"), await registry("a.test:5000")];
      await registries.add(b, o);
      await registries.add({ ...a, username: undefined, sealedPassword: undefined }, o);
      expect((await registries.list(o)).map(({ host }) => host)).toEqual(["a.test:5000", "b.test"]);
      expect(await registries.hosts(o)).toEqual(["a.test:5000", "b.test"]);
      const found = await registries.find(b.host, o);
      expect({ ...found, sealedPassword: list(found?.sealedPassword) }).toEqual({
        ...b,
        sealedPassword: [0, 255],
      });
      await expect(registries.add(b, o)).rejects.toMatchObject({ code: "reader/registry-taken" });
      expect(await registries.remove(b.host, o)).toBe(true);
      expect(await registries.remove(b.host, o)).toBe(false);
      expect(await registries.find(b.host, o)).toBeUndefined();
    });
  });
}
