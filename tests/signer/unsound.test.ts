import { beforeEach, describe, expect, test } from "vitest";
import { decodeRoot } from "#domain/tuf";
import {
  add,
  day,
  delegate,
  gun,
  o,
  qa,
  rootRole,
  signerWorld,
  targetsRole,
  timestampRole,
  witness,
  type Client,
  type SignerWorld,
  type Source,
} from "./signer-world.ts";

let world: SignerWorld;
let owner: Client;
beforeEach(async () => {
  world = signerWorld();
  owner = world.client();
  await owner.signer.init(gun, { serverKeepsSnapshot: true }, o);
  await owner.publish(add("1.0"));
});

/** A client with the owner's keys, and what it sees of the server. */
function ownerWho(sees: (source: Source) => Source): Client {
  const client = world.client(sees);
  for (const id of ownerKeys) client.keys.put(owner.keys.kept(id.id), id);
  return client;
}
let ownerKeys: Awaited<ReturnType<Client["keys"]["list"]>> = [];
beforeEach(async () => {
  ownerKeys = await owner.keys.list(o);
});

const offeredBy = async (client: Client) => {
  const before = world.offered.length;
  const outcome = await client.publish(add("2.0")).catch((error: unknown) => error);
  expect(world.offered.length).toBe(before);
  expect(await client.local.staged(o)).toHaveLength(1);
  return outcome;
};

describe("nothing is built on trust data that", () => {
  test("does not verify", async () => {
    const client = ownerWho((source) => ({
      ...source,
      async byChecksum(of, role, sha256, options) {
        const bytes = await source.byChecksum(of, role, sha256, options);
        return role === targetsRole ? bytes?.subarray(0, -1) : bytes;
      },
    }));
    expect(await offeredBy(client)).toMatchObject({
      code: "signer/repository-unsound",
      reading: { kind: "tampered", role: "targets" },
    });
  });

  test("is older than what was seen", async () => {
    let held: Uint8Array | undefined;
    const client = ownerWho((source) => ({
      ...source,
      current: async (of, role, options) =>
        role === timestampRole && held !== undefined
          ? held
          : await source.current(of, role, options),
    }));
    const old = (await world.store.current(gun, timestampRole, o))?.bytes;
    await owner.publish(add("1.1"));
    await client.reader.read(gun, o);
    held = old;
    expect(await offeredBy(client)).toMatchObject({
      code: "signer/repository-unsound",
      reading: { kind: "rolled-back", role: "timestamp" },
    });
  });

  test("has an expired timestamp: it may be an old state that is shown again, also when more has expired", async () => {
    const old = (await world.store.current(gun, timestampRole, o))?.bytes;
    const client = ownerWho((source) => ({
      ...source,
      current: async (of, role, options) =>
        role === timestampRole ? old : await source.current(of, role, options),
    }));
    for (const days of [15, 1_100]) {
      world.now += days * day;
      expect(await offeredBy(client)).toMatchObject({
        code: "signer/repository-unsound",
        reading: { kind: "expired" },
      });
      await client.local.removeAll(o);
    }
  });

  test("cannot be had, or is only remembered", async () => {
    const client = ownerWho((source) => ({
      ...source,
      current: () => Promise.reject(new Error("no route")),
    }));
    expect(await offeredBy(client)).toMatchObject({
      code: "signer/offline",
      reading: { kind: "unavailable" },
    });
    await expect(client.signer.init(gun, { serverKeepsSnapshot: true }, o)).rejects.toMatchObject({
      code: "signer/offline",
    });
    expect((await client.keys.list(o)).length).toBe(ownerKeys.length);
  });
});

describe("an expired root", () => {
  beforeEach(async () => {
    const alice = world.client();
    await owner.publish(delegate(qa, [await alice.newKey()]));
    for (let year = 0; year < 9; year += 1) {
      world.now += 365 * day;
      // Somebody without the root key keeps the targets fresh.
      const keeper = world.client();
      for (const key of ownerKeys)
        if (key.role === "targets") keeper.keys.put(owner.keys.kept(key.id), key);
      await keeper.publish(witness(targetsRole));
    }
    world.now += 365 * day + day / 2; // its certificate ends half a day later, or is near its end
  });

  test("is not believed by readers and not built on by strangers", async () => {
    expect(await owner.list()).toMatchObject({
      reading: expect.stringMatching(/expired|tampered/),
    });
    await expect(ownerWho((same) => same).publish()).rejects.toMatchObject({
      code: "signer/repository-unsound",
    });
  });

  test("is signed again, in a new certificate of the same key, where it was known before", async () => {
    const rootOf = async () => {
      const file = await world.store.current(gun, rootRole, o);
      return decodeRoot(file?.bytes ?? new Uint8Array());
    };
    const before = await rootOf();
    expect(await owner.publish()).toEqual(["root"]);
    const after = await rootOf();
    expect(after.signed.version).toBe(2);
    expect(after.signatures).toHaveLength(2);
    const keys = (root: typeof before) =>
      [...root.signed.root.keys.values()].map((key) => key.material?.canonicalId);
    expect(keys(after)).toEqual(keys(before));
    expect([...after.signed.root.keys.keys()]).not.toEqual([...before.signed.root.keys.keys()]);
    expect(await owner.list()).toMatchObject({ "targets 1.0": "valid" });
    expect(await owner.reader.read(gun, o)).toMatchObject({ kind: "verified", rootVersion: 2 });
    expect(await ownerWho((same) => same).publish()).toEqual([]);
  });
});
