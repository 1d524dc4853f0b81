import { beforeEach, describe, expect, test } from "vitest";
import { decodeTargets, delegationTo, parseRoleName } from "#domain/tuf";
import { certifiedKey } from "#domain/tuf/testing";
import {
  add,
  begin,
  day,
  delegate,
  editRole,
  gun,
  o,
  qa,
  releases,
  signerWorld,
  targetsRole,
  witness,
  type Client,
  type SignerWorld,
} from "./signer-world.ts";

let world: SignerWorld;
let owner: Client;
beforeEach(async () => {
  world = signerWorld();
  owner = world.client();
  await owner.signer.init(gun, { serverKeepsSnapshot: true }, o);
});

async function targetsFile(role = targetsRole) {
  const file = await world.store.current(gun, role, o);
  if (file === undefined) throw new Error(`no ${role}`);
  return decodeTargets(file.bytes, role).signed;
}

async function delegation(role = qa) {
  return delegationTo(await targetsFile(), role);
}

const state = async (client: Client, role: string) => {
  const reading = await client.reader.read(gun, o);
  const roles = reading.kind === "verified" ? reading.roles : [];
  return roles.find(({ name }) => name === role)?.state.kind;
};

describe("a delegation", () => {
  test("that is there is extended: keys and paths in the order in which they came, its threshold kept", async () => {
    const [a, b] = [await owner.newKey(), await owner.newKey()];
    await owner.publish(delegate(qa, [a], ["z", "m"]), editRole(qa, { threshold: 2 }));
    await owner.publish(delegate(qa, [b, a], ["b", "z"]));
    const found = await delegation();
    expect(found?.paths).toEqual(["z", "m", "b"]);
    expect([...(found?.keys.keys() ?? [])]).toEqual([a.id, b.id]);
    expect(found?.threshold).toBe(2);
    expect(await owner.publish(delegate(qa, [a], ["m"]))).toEqual([]);
  });

  test("loses paths one by one or all", async () => {
    await owner.publish(delegate(qa, [await owner.newKey()], ["a", "b", "c"]));
    await owner.publish(editRole(qa, { removePaths: ["b", "none"], addPaths: ["d"] }));
    expect((await delegation())?.paths).toEqual(["a", "c", "d"]);
    await owner.publish(editRole(qa, { clearPaths: true, addPaths: ["e"] }));
    expect((await delegation())?.paths).toEqual(["e"]);
  });

  test("loses a key by its canonical id, whatever certificates it is listed in, and stays without any", async () => {
    const about = { name: "alice", notBefore: begin, notAfter: begin + 900 * day };
    const first = await certifiedKey(about);
    const again = await certifiedKey({ ...about, again: first });
    const other = await owner.newKey();
    await owner.publish(delegate(qa, [first.listed, again.listed, other]));
    const id = first.listed.material.canonicalId;
    expect((await delegation())?.keys.size).toBe(3);
    await owner.publish(editRole(qa, { removeKeys: [id] }));
    expect([...((await delegation())?.keys.keys() ?? [])]).toEqual([other.id]);
    await owner.publish(editRole(qa, { removeKeys: [other.id] }));
    expect((await delegation())?.keys.size).toBe(0);
    expect((await targetsFile()).keys.size).toBe(0);
  });

  test("is signed under the id by which a certificate lists its key", async () => {
    const about = { name: "alice", notBefore: begin, notAfter: begin + 900 * day };
    const key = await certifiedKey(about);
    const alice = world.client();
    alice.keys.put(key, { role: "alice" });
    await owner.publish(delegate(qa, [key.listed]));
    expect(await alice.publish(add("rc", qa))).toEqual(["targets/qa"]);
    expect(await owner.list()).toEqual({ "targets/qa rc": "valid" });
  });

  test("of an unusable key is refused", async () => {
    const broken = { keytype: "ecdsa", public: "AAAA", id: "ab".repeat(32), material: undefined };
    await expect(owner.publish(delegate(qa, [broken]))).rejects.toMatchObject({
      code: "signer/key-unsuitable",
    });
  });

  test("is taken away, and what hung below it is not signed", async () => {
    const key = await owner.newKey();
    const deep = parseRoleName("targets/qa/deep");
    await owner.publish(delegate(qa, [key]), delegate(deep, [key]), add("rc", deep));
    expect(await owner.list()).toEqual({ "targets/qa/deep rc": "valid" });
    const change = { kind: "delegation-remove", role: qa } as const;
    expect(await owner.publish(add("rc2", deep), change, change)).toEqual(["targets"]);
    expect(await owner.list()).toEqual({});
  });

  test("loses purged keys at every depth, but only below the role that is named", async () => {
    const [a, b] = [await owner.newKey(), await owner.newKey()];
    const deep = parseRoleName("targets/qa/deep");
    await owner.publish(delegate(qa, [a, b]), delegate(deep, [a, b]), delegate(releases, [a]));
    const purge = (below: typeof qa) =>
      ({ kind: "delegation-purge", below, removeKeys: [a.id] }) as const;
    expect(await owner.publish(purge(qa))).toEqual(["targets/qa"]);
    expect(delegationTo(await targetsFile(qa), deep)?.keys.size).toBe(1);
    expect((await delegation())?.keys.size).toBe(2);
    expect(await owner.publish(purge(targetsRole))).toEqual(["targets"]);
    expect((await delegation())?.keys.size).toBe(1);
    expect((await delegation(releases))?.keys.size).toBe(0);
    expect(await owner.publish(purge(targetsRole))).toEqual([]);
  });
});

describe("a role whose keys were replaced", () => {
  let alice: Client;
  let bob: Client;
  beforeEach(async () => {
    [alice, bob] = [world.client(), world.client()];
    const [old, fresh] = [await alice.newKey(), await bob.newKey()];
    await owner.publish(delegate(qa, [old]));
    await alice.publish(add("rc", qa));
    await owner.publish(editRole(qa, { addKeys: [fresh.publicKey], removeKeys: [old.id] }));
  });

  test("is not believed until somebody witnesses it, as it is", async () => {
    expect(await state(bob, "targets/qa")).toBe("tampered");
    await expect(alice.publish(witness(qa))).rejects.toMatchObject({ code: "signer/key-missing" });
    expect(await bob.publish(witness(qa))).toEqual(["targets/qa"]);
    expect(await owner.list()).toEqual({ "targets/qa rc": "valid" });
    expect((await targetsFile(qa)).version).toBe(2);
  });

  test("goes on from its version when something is added, without what nobody present signed", async () => {
    await bob.publish(add("new", qa));
    expect(await owner.list()).toEqual({ "targets/qa new": "valid" });
    expect((await targetsFile(qa)).version).toBe(2);
  });

  test("keeps its content when it is added to and witnessed, in any order", async () => {
    await bob.publish(add("new", qa), witness(qa));
    expect(await owner.list()).toEqual({ "targets/qa rc": "valid", "targets/qa new": "valid" });
  });

  test("has no children that could be signed until it is witnessed", async () => {
    const deep = parseRoleName("targets/qa/deep");
    const key = await bob.newKey();
    await expect(bob.publish(add("x", deep))).rejects.toMatchObject({
      code: "signer/change-refused",
    });
    await bob.local.unstage(
      (await bob.local.staged(o)).map(({ name }) => name),
      o,
    );
    await bob.publish(witness(qa), delegate(deep, [key]), add("x", deep));
    expect(await owner.list()).toMatchObject({ "targets/qa/deep x": "valid" });
  });
});

describe("a role that was taken away and given again", () => {
  test("in one publish begins empty and goes on from its version", async () => {
    const key = await owner.newKey();
    await owner.publish(delegate(qa, [key]), add("old", qa));
    await owner.publish(
      { kind: "delegation-remove", role: qa },
      delegate(qa, [key]),
      add("new", qa),
    );
    expect((await targetsFile(qa)).version).toBe(2);
    expect(await owner.list()).toEqual({ "targets/qa new": "valid" });
  });

  test("begins empty where the snapshot is kept by the client", async () => {
    world = signerWorld();
    owner = world.client();
    await owner.signer.init(gun, { serverKeepsSnapshot: false }, o);
    const key = await owner.newKey();
    await owner.publish(delegate(qa, [key]), add("old", qa));
    await owner.publish({ kind: "delegation-remove", role: qa });
    await owner.publish(delegate(qa, [key]), add("new", qa));
    expect(await owner.list()).toEqual({ "targets/qa new": "valid" });
  });

  test("goes on from the version that is known here", async () => {
    const key = await owner.newKey();
    await owner.publish(delegate(qa, [key]), add("old", qa));
    const known = await world.store.current(gun, qa, o);
    await owner.local.writeFiles(new Map([[qa, known?.bytes ?? new Uint8Array()]]), o);
    await owner.publish({ kind: "delegation-remove", role: qa });
    await owner.publish(delegate(qa, [key]), add("new", qa));
    expect((await targetsFile(qa)).version).toBe(2);
    expect(await owner.list()).toEqual({ "targets/qa new": "valid" });
  });
});

describe("what has expired", () => {
  const years = 1_096 * day;

  test("of a delegation is signed again with its content by whoever touches it", async () => {
    const alice = world.client();
    await owner.publish(delegate(qa, [await alice.newKey()]));
    await alice.publish(add("rc", qa));
    world.now += 500 * day;
    await owner.publish(witness(targetsRole));
    world.now += years - 500 * day;
    expect(await owner.list()).toEqual({ "targets/qa": "expired" });
    expect(await owner.publish()).toEqual([]);
    expect(await alice.publish(add("rc", qa))).toEqual(["targets/qa"]);
    expect(await owner.list()).toEqual({ "targets/qa rc": "valid" });
  });

  test("of targets is signed again by its owner, and by nobody else", async () => {
    const alice = world.client();
    await owner.publish(delegate(qa, [await alice.newKey()]), add("1.0"));
    world.now += years;
    expect(await owner.list()).toEqual({ reading: "expired" });
    await expect(alice.publish(add("rc", qa))).rejects.toMatchObject({
      code: "signer/key-missing",
      role: "targets",
    });
    expect(await owner.publish()).toEqual(["targets"]);
    expect(await alice.publish()).toEqual(["targets/qa"]);
    expect(await owner.list()).toEqual({ "targets 1.0": "valid", "targets/qa rc": "valid" });
  });
});
