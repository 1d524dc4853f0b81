import { describe, expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import { rootRole, snapshotRole, timestampRole, type RoleName } from "#domain/tuf";
import {
  dateJumpMs,
  type Leases,
  type MetadataStore,
  type SealedKeyStore,
  type StoredFile,
} from "#services/trust";

const o = { signal: new AbortController().signal };
const guns = ["acme/a", "acme/b", "acme/c"].map((name) => parseGun(`registry.test/${name}`).gun);
const [gun = guns[0] as never, second = gun] = guns;

type Opened<Part> = AsyncDisposable & { readonly part: Part };
type Stores = { readonly metadata: MetadataStore; readonly keys: SealedKeyStore };

const file = (role: RoleName, version: number, storedAt: number): StoredFile => ({
  ...{ role, version, storedAt, expiresAt: storedAt + 10 },
  ...{ sha256: `${role}${version}`, bytes: new Uint8Array([version]) },
});

/** What every `Leases` must do. */
export function leasesSuite(name: string, open: () => Promise<Opened<Leases>>): void {
  test(`${name}: one holder at a time, until it gives back or its time is over`, async () => {
    await using opened = await open();
    const leases = opened.part;
    const take = (holder: string, now: number) =>
      leases.take("work", { holder, now, ttlMs: 100 }, o);
    expect(await take("one", 1_000)).toBe(true);
    expect(await take("two", 1_050)).toBe(false);
    expect(await take("one", 1_050)).toBe(true);
    expect(await take("two", 1_149)).toBe(false);
    expect(await take("two", 1_150)).toBe(true);
    expect(await take("one", 1_151)).toBe(false);
    await leases.giveBack("work", "one", o);
    expect(await take("one", 1_151)).toBe(false);
    await leases.giveBack("work", "two", o);
    expect(await take("one", 1_151)).toBe(true);
    expect(await leases.take("other work", { holder: "two", now: 1_151, ttlMs: 1 }, o)).toBe(true);
    // The clock went back by a day: the lease is not kept for a day.
    expect(await take("two", 500)).toBe(true);
  });
}

/** What the stores must do for upkeep. */
export function upkeepSuite(name: string, open: () => Promise<Opened<Stores>>): void {
  describe(name, () => {
    test("tells when the newest files of each repository expire, page by page", async () => {
      await using opened = await open();
      const { metadata } = opened.part;
      for (const each of guns) {
        const files = [file(rootRole, 1, 5), file(snapshotRole, 1, 6), file(timestampRole, 1, 7)];
        await metadata.publish(each, { files, retired: [] }, o);
      }
      await metadata.publish(second, { files: [file(timestampRole, 2, 30)], retired: [] }, o);
      const first = await metadata.expiries({ after: undefined, limit: 2 }, o);
      expect(first).toEqual([
        { gun, at: new Map([[rootRole, 15], [snapshotRole, 16], [timestampRole, 17]]) }, // prettier-ignore
        { gun: second, at: new Map([[rootRole, 15], [snapshotRole, 16], [timestampRole, 40]]) }, // prettier-ignore
      ]);
      const rest = await metadata.expiries({ after: second, limit: 2 }, o);
      expect(rest.map((each) => each.gun)).toEqual(guns.slice(2));
      expect(await metadata.expiries({ after: guns[2], limit: 2 }, o)).toEqual([]);
    });

    test("keeps the newest date, and the last time it jumped", async () => {
      await using opened = await open();
      const { metadata } = opened.part;
      const publish = (version: number, at: number): Promise<void> =>
        metadata.publish(gun, { files: [file(timestampRole, version, at)], retired: [] }, o);
      expect(await metadata.signedDates(o)).toEqual({ newest: 0, jump: undefined });
      await publish(1, dateJumpMs * 5);
      expect(await metadata.signedDates(o)).toEqual({ newest: dateJumpMs * 5, jump: undefined });
      await publish(2, dateJumpMs * 4);
      expect((await metadata.signedDates(o)).newest).toBe(dateJumpMs * 5);
      await expect(publish(2, dateJumpMs * 9)).rejects.toMatchObject({
        code: "trust/version-conflict",
      });
      expect((await metadata.signedDates(o)).newest).toBe(dateJumpMs * 5);
      await publish(3, dateJumpMs * 6 + 1);
      const jump = { from: dateJumpMs * 5, to: dateJumpMs * 6 + 1 };
      expect(await metadata.signedDates(o)).toEqual({ newest: jump.to, jump });
      await publish(4, dateJumpMs * 6 + 2);
      expect(await metadata.signedDates(o)).toEqual({ newest: jump.to + 1, jump });
      await metadata.resetDate(7, o);
      expect(await metadata.signedDates(o)).toEqual({ newest: 7, jump: undefined });
    });

    test("a key goes in under the chosen master key alone", async () => {
      await using opened = await open();
      const { keys } = opened.part;
      const key = (keyId: string, masterKey: string) =>
        ({ gun, role: "snapshot", keyId, public: "AA==", sealed: Buffer.from(keyId), masterKey }) as const; // prettier-ignore
      expect(await keys.masterKey(o)).toBeUndefined();
      await keys.add(key("one", "old"), o);
      await keys.chooseMasterKey("new", o);
      expect(await keys.masterKey(o)).toBe("new");
      await expect(keys.add(key("two", "old"), o)).rejects.toMatchObject({
        code: "trust/master-key-changed",
      });
      expect(await keys.find(gun, "snapshot", "two", o)).toBeUndefined();
      await keys.add(key("three", "new"), o);
      expect(await keys.masterKeys(o)).toEqual(new Map([["new", 1], ["old", 1]])); // prettier-ignore
    });

    test("seals are replaced as a whole, but not one that somebody replaced meanwhile", async () => {
      await using opened = await open();
      const { keys } = opened.part;
      for (const keyId of ["one", "two", "three"])
        await keys.add(
          { gun, role: "timestamp", keyId, public: "AA==", sealed: Buffer.from(keyId), masterKey: "" }, // prettier-ignore
          o,
        );
      const page = await keys.page({ after: 0, limit: 2 }, o);
      expect(page.map(({ keyId }) => keyId)).toEqual(["one", "two"]);
      const to = (text: string) =>
        page.map((key) => ({ key, sealed: Buffer.from(text + key.keyId), masterKey: text }));
      await keys.reseal(to("first "), o);
      await keys.reseal(to("late "), o);
      const one = await keys.find(gun, "timestamp", "one", o);
      expect(Buffer.from(one?.sealed ?? []).toString()).toBe("first one");
      expect(one?.masterKey).toBe("first ");
      const rest = await keys.page({ after: page[1]?.position ?? 0, limit: 2 }, o);
      expect(rest).toMatchObject([{ keyId: "three", masterKey: "" }]);
    });
  });
}
