import { beforeEach, describe, expect, test } from "vitest";
import { decodeRoot } from "#domain/tuf";
import { TrustServerError } from "#services/signer";
import {
  add,
  delegate,
  gun,
  o,
  qa,
  rootRole,
  signerWorld,
  snapshotRole,
  targetsRole,
  timestampRole,
  type Client,
  type SignerWorld,
} from "./signer-world.ts";

let world: SignerWorld;
let owner: Client;
let old: Client;
beforeEach(async () => {
  world = signerWorld();
  owner = world.client();
  await owner.signer.init(gun, { serverKeepsSnapshot: true }, o);
  await owner.publish(add("1.0"));
  old = world.client(); // remembers the first root
  await old.reader.read(gun, o);
});

async function root() {
  const file = await world.store.current(gun, rootRole, o);
  if (file === undefined) throw new Error("no root");
  return decodeRoot(file.bytes);
}
const heldRoles = async () => (await owner.keys.list(o)).map(({ role }) => role);
const idsOf = async (role: "root" | "targets" | "snapshot" | "timestamp") =>
  [...(await root()).signed[role].keys.values()].map((key) => key.material?.canonicalId);
const stillReads = async () => {
  expect(await old.reader.read(gun, o)).toMatchObject({ kind: "verified" });
  expect(await owner.list()).toMatchObject({ "targets 1.0": "valid" });
  await owner.publish(add("after"));
  expect(await old.reader.read(gun, o)).toMatchObject({ kind: "verified" });
};

describe("rotation", () => {
  test("of the targets key signs targets again, and forgets the old key only once that is published", async () => {
    const [before] = await idsOf("targets");
    await owner.stage(add("staged"));
    await owner.signer.rotate(gun, { role: targetsRole, by: "client" }, o);
    expect(world.offered.at(-1)).toEqual(["root", "targets"]);
    expect(await idsOf("targets")).not.toContain(before);
    expect(await owner.keys.open(before ?? "", o)).toBeUndefined();
    expect(await heldRoles()).toEqual(["root", "targets"]);
    expect(await owner.local.staged(o)).toHaveLength(1);
    await stillReads();
    expect((await root()).signed.keys.size).toBe(4);
  });

  test("that the server refuses loses no key, and leaves none behind", async () => {
    const before = (await owner.keys.list(o)).map(({ id }) => id);
    for (const code of ["trust-server/unauthorized", "trust-server/rejected"] as const) {
      world.beforePublish = () => Promise.reject(new TrustServerError(code, "no"));
      const rotation = { role: targetsRole, by: "client" } as const;
      await expect(owner.signer.rotate(gun, rotation, o)).rejects.toMatchObject({ code });
      expect((await owner.keys.list(o)).map(({ id }) => id)).toEqual(before);
    }
    await stillReads();
  });

  test("whose answer is lost keeps both keys, and the repository can be signed", async () => {
    world.afterPublish = () => {
      throw new TrustServerError("trust-server/unreachable", "reset");
    };
    await expect(
      owner.signer.rotate(gun, { role: targetsRole, by: "client" }, o),
    ).rejects.toMatchObject({ code: "trust-server/unreachable" });
    expect(await heldRoles()).toEqual(["root", "targets", "targets"]);
    await stillReads();
  });

  test("takes the keys that are named, and signs with all of them", async () => {
    const keys = [await owner.newKey(), await owner.newKey()];
    const ids = keys.map(({ id }) => id);
    await owner.signer.rotate(gun, { role: targetsRole, by: "client", keys: ids }, o);
    expect(await idsOf("targets")).toEqual(ids);
    const reading = await old.reader.read(gun, o);
    expect(reading.kind === "verified" && reading.roles[0]?.signedBy.length).toBe(2);
    const unknown = { role: targetsRole, by: "client", keys: ["00".repeat(32)] } as const;
    await expect(owner.signer.rotate(gun, unknown, o)).rejects.toMatchObject({
      code: "signer/key-unknown",
    });
    expect(await owner.keys.open(ids[0] ?? "", o)).toBeDefined();
  });

  test("of the root key is signed by the new key and the old one, which stays here", async () => {
    const [before] = await idsOf("root");
    await owner.signer.rotate(gun, { role: rootRole, by: "client" }, o);
    expect(world.offered.at(-1)).toEqual(["root"]);
    expect((await root()).signatures).toHaveLength(2);
    expect((await root()).signed.keys.size).toBe(5);
    expect(await heldRoles()).toEqual(["root", "root", "targets"]);
    expect(await owner.keys.open(before ?? "", o)).toBeDefined();
    await stillReads();
  });

  test("of the root key to itself gives it a new certificate", async () => {
    const [before = ""] = await idsOf("root");
    const listed = [...(await root()).signed.root.keys.keys()];
    await owner.signer.rotate(gun, { role: rootRole, by: "client", keys: [before] }, o);
    expect(await idsOf("root")).toEqual([before]);
    expect([...(await root()).signed.root.keys.keys()]).not.toEqual(listed);
    expect((await root()).signatures).toHaveLength(2);
    await stillReads();
  });

  test("of the root key can be signed by earlier root keys too, for who was away for long", async () => {
    const rotate = (earlierRoots = 0) =>
      owner.signer.rotate(gun, { role: rootRole, by: "client", earlierRoots }, o);
    for (let time = 0; time < 3; time += 1) await rotate();
    expect((await root()).signatures).toHaveLength(2);
    await rotate(1);
    expect((await root()).signatures).toHaveLength(3);
    await rotate(-1);
    expect((await root()).signatures).toHaveLength(6);
    await stillReads();
  });

  test("gives the snapshot key to the server and takes it back", async () => {
    await owner.signer.rotate(gun, { role: snapshotRole, by: "client" }, o);
    expect(world.offered.at(-1)).toEqual(["root", "snapshot"]);
    expect(await heldRoles()).toEqual(["root", "snapshot", "targets"]);
    await stillReads();
    expect(world.offered.at(-1)).toEqual(["targets", "snapshot"]);
    await owner.signer.rotate(gun, { role: snapshotRole, by: "server" }, o);
    expect(world.offered.at(-1)).toEqual(["root"]);
    expect(await heldRoles()).toEqual(["root", "targets"]);
    await stillReads();
  });

  test("of the timestamp key is the server's", async () => {
    const before = await idsOf("timestamp");
    await owner.signer.rotate(gun, { role: timestampRole, by: "server" }, o);
    expect(await idsOf("timestamp")).not.toEqual(before);
    await stillReads();
  });

  test("on top of somebody else's publish makes no second key", async () => {
    const alice = world.client();
    await owner.publish(delegate(qa, [await alice.newKey()]));
    const twin = world.client();
    for (const { id, role } of await owner.keys.list(o))
      twin.keys.put(owner.keys.kept(id), { role, gun });
    world.beforePublish = async () => {
      await twin.publish(add("theirs"));
    };
    await owner.signer.rotate(gun, { role: targetsRole, by: "client" }, o);
    expect(await heldRoles()).toEqual(["root", "targets"]);
    expect(await owner.list()).toMatchObject({ "targets theirs": "valid" });
    await stillReads();
  });

  test.for([
    { role: timestampRole, by: "client" },
    { role: targetsRole, by: "server" },
    { role: rootRole, by: "server" },
    { role: qa, by: "client" },
  ] as const)("of $role by the $by is refused", async (rotation) => {
    await expect(owner.signer.rotate(gun, rotation, o)).rejects.toMatchObject({
      code: "signer/change-refused",
    });
  });

  test("without the root key is refused, and leaves no key behind", async () => {
    const [id = ""] = await idsOf("root");
    await owner.keys.remove(id, o);
    await expect(
      owner.signer.rotate(gun, { role: targetsRole, by: "client" }, o),
    ).rejects.toMatchObject({ code: "signer/key-missing", role: "root" });
    expect(await heldRoles()).toEqual(["targets"]);
  });

  test("of a repository that is nowhere is refused", async () => {
    await expect(
      signerWorld().client().signer.rotate(gun, { role: rootRole, by: "client" }, o),
    ).rejects.toMatchObject({ code: "signer/repository-unknown" });
  });
});

describe("removing", () => {
  test("takes what is kept here, and what the server has if that is asked for; keys stay", async () => {
    await owner.stage(add("2.0"));
    await owner.signer.remove(gun, { remote: false }, o);
    expect(await owner.local.file(rootRole, o)).toBeUndefined();
    expect(await owner.local.staged(o)).toEqual([]);
    expect(await owner.list()).toEqual({ "targets 1.0": "valid" });
    await owner.signer.remove(gun, { remote: true }, o);
    expect(await owner.list()).toEqual({ reading: "absent" });
    expect(await heldRoles()).toEqual(["root", "targets"]);
  });
});
