import { beforeEach, describe, expect, test } from "vitest";
import { signImage, type SignImageOptions } from "#services/signer";
import {
  add,
  delegate,
  editRole,
  gun,
  o,
  qa,
  releases,
  signerWorld,
  type Client,
  type SignerWorld,
} from "./signer-world.ts";

let world: SignerWorld;
let owner: Client;
beforeEach(() => {
  world = signerWorld();
  owner = world.client();
});

const sign = (client: Client, how: SignImageOptions, tag = "1.0", content = "5e") =>
  signImage(client.parts, gun, { tag, sha256: content.repeat(32), length: 527 }, how, o);
const alicesRoles = { "targets/alice 1.0": "valid", "targets/releases 1.0": "valid" };

describe("signing one image", () => {
  test("begins the repository, gives the signer a role and a key, and signs, all in one publish", async () => {
    const signed = await sign(owner, { as: "alice" });
    expect(signed).toMatchObject({
      roles: ["targets/alice", "targets/releases"],
      delegated: ["targets/alice", "targets/releases"],
      isNew: true,
      isChanged: true,
      newKey: { role: "alice" },
    });
    expect(world.offered).toEqual([["root", "targets", "targets/alice", "targets/releases"]]);
    expect(await owner.list()).toEqual(alicesRoles);
    expect((await owner.keys.list(o)).map(({ role }) => role)).toEqual([
      "root",
      "alice",
      "targets",
    ]);
  });

  test("takes the key that is held under the signer's name, or the one that is named", async () => {
    const own = await owner.keys.generate({ role: "alice" }, o);
    expect((await sign(owner, { as: "alice" })).newKey).toBeUndefined();
    const reading = await owner.reader.read(gun, o);
    const signers = reading.kind === "verified" ? reading.roles.map((role) => role.signedBy) : [];
    const { fingerprint } = own.publicKey.material;
    expect(signers.slice(1)).toEqual([[fingerprint], [fingerprint]]);
    await expect(
      sign(signerWorld().client(), { as: "alice", key: "00".repeat(32) }),
    ).rejects.toMatchObject({ code: "signer/key-unknown" });
  });

  test("that is signed already sends nothing; with other content it does", async () => {
    await sign(owner, { as: "alice" });
    expect(await sign(owner, { as: "alice" })).toMatchObject({
      roles: ["targets/alice", "targets/releases"],
      delegated: [],
      isChanged: false,
    });
    expect(world.offered).toHaveLength(1);
    expect(await sign(owner, { as: "alice" }, "1.0", "aa")).toMatchObject({ isChanged: true });
    expect(world.offered.at(-1)).toEqual(["targets/alice", "targets/releases"]);
  });

  test("goes into every delegation whose key is held and that reaches the tag, and needs no other key", async () => {
    await sign(owner, { as: "alice" });
    const bob = world.client();
    const key = await bob.newKey();
    await owner.publish(delegate(qa, [key], ["rc"]), delegate(releases, [key]));
    expect(await sign(bob, { as: "qa" }, "rc1")).toMatchObject({
      roles: ["targets/releases", "targets/qa"],
      isNew: false,
    });
    expect(await sign(bob, {}, "2.0")).toMatchObject({ roles: ["targets/releases"] });
    await expect(sign(world.client(), { as: "carol" })).rejects.toMatchObject({
      code: "signer/key-missing",
    });
  });

  test("without a name and without delegations says it in targets", async () => {
    expect(await sign(owner, {})).toMatchObject({ roles: ["targets"], isNew: true });
    expect(await sign(owner, {}, "2.0")).toMatchObject({ roles: ["targets"], isNew: false });
    expect(await sign(owner, { as: "alice" }, "2.0")).toMatchObject({
      delegated: ["targets/alice", "targets/releases"],
    });
    await expect(sign(world.client(), {}, "3.0")).rejects.toMatchObject({
      code: "signer/key-missing",
    });
  });

  test("adds no key to a role that others hold", async () => {
    await sign(owner, { as: "alice" });
    const bob = await world.client().newKey();
    const alice = (await owner.keys.list(o)).find(({ role }) => role === "alice")?.id ?? "";
    for (const role of [releases, "targets/alice" as typeof releases])
      await owner.publish(editRole(role, { addKeys: [bob.publicKey], removeKeys: [alice] }));
    await expect(sign(owner, { as: "alice" }, "2.0")).rejects.toMatchObject({
      code: "signer/key-missing",
      role: "targets/alice",
    });
  });

  test("publishes nothing of what is staged, and decides anew when somebody was faster", async () => {
    await sign(owner, { as: "alice" });
    await owner.stage(add("staged"));
    world.beforePublish = async () => {
      await owner.publish(delegate(qa, [await owner.newKey()]));
      await owner.stage(add("staged later"));
      await sign(owner, {}, "theirs");
    };
    expect(await sign(owner, { as: "alice" }, "2.0")).toMatchObject({
      roles: ["targets/alice", "targets/releases", "targets/qa"],
    });
    expect(await owner.local.staged(o)).toHaveLength(1);
    expect(await owner.list()).toMatchObject({
      "targets/qa 2.0": "valid",
      "targets/qa theirs": "valid",
    });
  });

  test.for(["releases", "a/b", "Alice"])("as %s is refused", async (as) => {
    await expect(sign(owner, { as })).rejects.toMatchObject({
      code: expect.stringMatching(/signer\/change-refused|tuf\/role-invalid/),
    });
    expect(world.offered).toEqual([]);
  });
});
