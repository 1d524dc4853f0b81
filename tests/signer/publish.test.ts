import { beforeEach, describe, expect, test } from "vitest";
import { createSigner } from "#services/signer";
import { parseRoleName } from "#domain/tuf";
import type { Change } from "#services/signer";
import {
  add,
  day,
  delegate,
  editRole,
  gun,
  o,
  qa,
  releases,
  remove,
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
const version = async (role: string) =>
  (await world.store.current(gun, parseRoleName(role), o))?.version;

const custom = (value: number | string): Change => ({
  kind: "target-add",
  role: targetsRole,
  name: "1.0",
  target: { sha256: "5e".repeat(32), length: 527, custom: { value } },
});

const deep = parseRoleName("targets/qa/deep");
const away = (role: typeof qa): Change => ({ kind: "delegation-remove", role });

describe("a new repository", () => {
  test("is published with root version 1 and targets version 2; the server signs the rest", async () => {
    expect(await owner.publish(add("1.0"))).toEqual(["root", "targets"]);
    expect(await owner.list()).toEqual({ "targets 1.0": "valid" });
    expect(await version("root")).toBe(1);
    expect(await version("targets")).toBe(2);
    expect(await version("snapshot")).toBe(1);
    expect(await owner.local.staged(o)).toEqual([]);
  });

  test("that keeps its own snapshot sends that too, version 2", async () => {
    world = signerWorld();
    owner = world.client();
    await owner.signer.init(gun, { serverKeepsSnapshot: false }, o);
    expect(await owner.publish(add("1.0"))).toEqual(["root", "targets", "snapshot"]);
    expect(await version("snapshot")).toBe(2);
    expect(await owner.publish(add("2.0"))).toEqual(["targets", "snapshot"]);
    expect(await owner.list()).toEqual({ "targets 1.0": "valid", "targets 2.0": "valid" });
  });

  test("is initialised on the way when nobody did", async () => {
    const other = signerWorld().client();
    expect(await other.publish(add("1.0"))).toEqual(["root", "targets", "snapshot"]);
    expect((await other.keys.list(o)).map(({ role }) => role)).toEqual([
      "root",
      "snapshot",
      "targets",
    ]);
  });

  test("that is there already is not initialised again", async () => {
    await owner.publish();
    const how = { serverKeepsSnapshot: true };
    const exists = { code: "signer/repository-exists" };
    await expect(owner.signer.init(gun, how, o)).rejects.toMatchObject(exists);
    await expect(world.client().signer.init(gun, how, o)).rejects.toMatchObject(exists);
  });

  test("can be initialised again as long as it is not published, and keeps what is staged", async () => {
    await owner.stage(add("1.0"));
    const { isNewKey } = await owner.signer.init(gun, { serverKeepsSnapshot: true }, o);
    expect(isNewKey).toBe(false);
    await owner.publish();
    expect(await owner.list()).toEqual({ "targets 1.0": "valid" });
  });

  test("initialised again, loses nothing that is staged when it is stopped half way", async () => {
    const { local } = owner;
    await owner.stage(add("1.0"));
    const signer = createSigner({
      ...owner.parts,
      local: () => ({ ...local, writeFiles: () => Promise.reject(new Error("stopped")) }),
    });
    await expect(signer.init(gun, { serverKeepsSnapshot: true }, o)).rejects.toThrow("stopped");
    expect(await local.staged(o)).toHaveLength(1);
  });

  test("takes the root key and the certificate that are asked for, if they belong together", async () => {
    const other = signerWorld().client();
    const [first, second] = [
      await other.keys.generate({ role: "root" }, o),
      await other.keys.generate({ role: "root" }, o),
    ];
    const how = { serverKeepsSnapshot: true };
    const { rootKey } = await other.signer.init(gun, { ...how, rootKey: second.id }, o);
    expect(rootKey.id).toBe(second.id);
    await expect(
      other.signer.init(gun, { ...how, rootKey: "00".repeat(32) }, o),
    ).rejects.toMatchObject({ code: "signer/key-unknown" });
    const from = world.now;
    const { testCertifier } = await import("#services/signer/testing");
    const about = { gun, from, to: from + 3_650 * day };
    const rootCertificate = await testCertifier(other.keys).certify(first, about, o);
    const certified = await other.signer.init(gun, { ...how, rootCertificate }, o);
    expect(certified.rootKey.id).toBe(first.id);
    await expect(
      other.signer.init(gun, { ...how, rootKey: second.id, rootCertificate }, o),
    ).rejects.toMatchObject({ code: "signer/key-unsuitable" });
  });
});

describe("publishing", () => {
  beforeEach(async () => {
    await owner.publish(add("1.0"));
  });

  test("nothing still asks the server for a new snapshot and timestamp", async () => {
    const before = await version("timestamp");
    expect(await owner.publish()).toEqual([]);
    expect(await version("timestamp")).toBe((before ?? 0) + 1);
  });

  test("what is there already changes nothing and needs no key", async () => {
    const stranger = world.client();
    expect(await stranger.publish(add("1.0"))).toEqual([]);
    await expect(stranger.publish(add("1.0", targetsRole, "aa"))).rejects.toMatchObject({
      code: "signer/key-missing",
      role: "targets",
    });
    expect(await stranger.local.staged(o)).toHaveLength(2 - 1);
  });

  test("targets are replaced and taken away in the order of staging", async () => {
    await owner.publish(add("2.0"), remove("1.0"), add("1.0", targetsRole, "aa"), remove("none"));
    expect(await owner.list()).toEqual({ "targets 1.0": "valid", "targets 2.0": "valid" });
    await owner.publish(remove("1.0"), remove("2.0"));
    expect(await owner.list()).toEqual({});
  });

  test("a role without keys here cannot be signed; everything stays staged", async () => {
    const alice = await world.client().newKey();
    await owner.publish(delegate(qa, [alice]));
    await expect(owner.publish(add("rc", qa))).rejects.toMatchObject({
      code: "signer/key-missing",
      keyIds: [alice.id],
    });
    expect(await owner.local.staged(o)).toHaveLength(1);
  });

  test("a delegate signs with every key that is held, and needs no other", async () => {
    const alice = world.client();
    const keys = [await alice.newKey(), await alice.newKey()];
    await owner.publish(delegate(qa, keys));
    expect(await alice.publish(add("rc", qa))).toEqual(["targets/qa"]);
    const reading = await alice.reader.read(gun, o);
    const role = reading.kind === "verified" ? reading.roles[1] : undefined;
    expect(role).toMatchObject({ name: "targets/qa", version: 1, state: { kind: "valid" } });
    expect(role?.signedBy).toHaveLength(2);
  });

  test("a name outside the role's paths is refused, at any depth, and stays staged", async () => {
    const key = await owner.newKey();
    await owner.publish(delegate(qa, [key], ["rc/"]), delegate(deep, [key], ["rc/x"]));
    for (const change of [add("1.0", qa), add("other", deep), add("rc/y", deep)]) {
      await expect(owner.publish(change)).rejects.toMatchObject({ code: "signer/change-refused" });
      expect(await owner.local.staged(o)).toHaveLength(1);
      await owner.local.unstage(
        (await owner.local.staged(o)).map(({ name }) => name),
        o,
      );
    }
    expect(await owner.publish(add("rc/x1", deep))).toEqual(["targets/qa/deep"]);
  });

  test.for([
    ["an unknown role", add("1.0", parseRoleName("targets/none"))],
    ["a role that lists no targets", add("1.0", parseRoleName("root"))],
    ["a delegation to a base role", delegate(parseRoleName("snapshot"), [])],
    [
      "a path that its parent does not have",
      [delegate(qa, [], ["rc/"]), delegate(deep, [], ["r"])],
    ],
    ["a child of a role that is taken away", [delegate(qa, []), away(qa), delegate(deep, [])]],
    ["an edit of nothing", editRole(qa, { addPaths: [""] })],
    ["a witness of root", witness(parseRoleName("root"))],
    ["a witness of an unknown role", witness(qa)],
    ["a name that no file can hold", add("line\nbreak")],
    ["half a character", add("\ud800")],
    ["a path that no file can hold", delegate(qa, [], ["\u0000"])],
    ["a number that no file can hold", custom(1.5)],
    ["a text that no file can hold", custom("\t")],
    ["a child of an unknown role", delegate(parseRoleName("targets/none/child"), [])],
  ] as const)("%s is refused", async ([, change]) => {
    const changes = "kind" in change ? [change] : change;
    await expect(owner.publish(...changes)).rejects.toMatchObject({
      code: "signer/change-refused",
    });
  });

  test("a threshold of two is met by two keys and not by one", async () => {
    const [alice, bob] = [await owner.newKey(), await world.client().newKey()];
    await owner.publish(delegate(qa, [alice, bob]), editRole(qa, { threshold: 2 }));
    await expect(owner.publish(add("rc", qa))).rejects.toMatchObject({
      code: "signer/key-missing",
    });
    const both = world.client();
    for (const { id } of [alice]) both.keys.put(owner.keys.kept(id), { role: "delegation" });
    const second = await both.newKey();
    await owner.local.unstage(
      (await owner.local.staged(o)).map(({ name }) => name),
      o,
    );
    await owner.publish(delegate(qa, [second]));
    expect(await both.publish(add("rc", qa))).toEqual(["targets/qa"]);
    expect(await both.list()).toMatchObject({ "targets/qa rc": "valid" });
  });

  test("two at once both succeed, and a delegate beside the owner too", async () => {
    const alice = world.client();
    for (const { id, role, gun: of } of await owner.keys.list(o))
      alice.keys.put(owner.keys.kept(id), { role, ...(of === undefined ? {} : { gun: of }) });
    world.beforePublish = async () => {
      await alice.publish(add("theirs"));
    };
    expect(await owner.publish(add("ours"))).toEqual(["targets"]);
    expect(await owner.list()).toEqual({
      "targets 1.0": "valid",
      "targets theirs": "valid",
      "targets ours": "valid",
    });
    await Promise.all(
      Array.from({ length: 4 }, (_, index) => {
        const client = index % 2 === 0 ? owner : alice;
        return client.publish(add(`at-once-${index}`));
      }),
    );
    expect(Object.keys(await owner.list())).toHaveLength(7);
  });

  test("somebody without the new key learns so when the keys are rotated meanwhile", async () => {
    const twin = world.client();
    for (const { id, role } of await owner.keys.list(o))
      twin.keys.put(owner.keys.kept(id), { role, gun });
    world.beforePublish = () => owner.signer.rotate(gun, { role: targetsRole, by: "client" }, o);
    await expect(twin.publish(add("2.0"))).rejects.toMatchObject({
      code: "signer/key-missing",
      role: "targets",
    });
    expect(await twin.local.staged(o)).toHaveLength(1);
  });

  test("a first publish whose answer is lost is gone on from", async () => {
    world = signerWorld();
    owner = world.client();
    await owner.signer.init(gun, { serverKeepsSnapshot: true }, o);
    world.afterPublish = () => {
      throw new Error("connection reset");
    };
    await expect(owner.publish(add("1.0"))).rejects.toThrow("reset");
    expect(await owner.publish()).toEqual([]);
    expect(await owner.list()).toEqual({ "targets 1.0": "valid" });
  });

  test("a conflict that nobody's publishing explains is not tried for ever", async () => {
    const { TrustServerError } = await import("#services/signer");
    world.beforePublish = () =>
      Promise.reject(new TrustServerError("trust-server/conflict", "no", { status: 400 }));
    const before = world.offered.length;
    await expect(owner.publish(add("2.0"))).rejects.toMatchObject({
      code: "trust-server/conflict",
    });
    expect(world.offered.length - before).toBe(1);
    expect(await owner.local.staged(o)).toHaveLength(1);
    await owner.publish();
    expect(await owner.list()).toMatchObject({ "targets 2.0": "valid" });
  });

  test("an answer that was lost leaves the changes staged, and publishing again is harmless", async () => {
    world.afterPublish = () => {
      throw new Error("connection reset");
    };
    await expect(owner.publish(add("2.0"), delegate(qa, []))).rejects.toThrow("reset");
    expect(await owner.local.staged(o)).toHaveLength(2);
    expect(await owner.publish()).toEqual([]);
    expect(await owner.list()).toMatchObject({ "targets 2.0": "valid" });
  });

  test("a root with less than half a year left is signed again where its key is held, else left", async () => {
    const alice = world.client();
    await owner.publish(delegate(releases, [await alice.newKey()]));
    world.now += 900 * day;
    await owner.publish(witness(targetsRole));
    world.now += 900 * day;
    await owner.publish(witness(targetsRole));
    world.now += 900 * day;
    await owner.publish(witness(targetsRole));
    world.now += 790 * day;
    expect(await alice.publish(add("1.0", releases))).toEqual(["targets/releases"]);
    expect(await version("root")).toBe(1);
    expect(await owner.publish()).toEqual(["root"]);
    expect(await version("root")).toBe(2);
    expect(await owner.publish()).toEqual([]);
  });
});
