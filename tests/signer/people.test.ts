import { beforeEach, describe, expect, test } from "vitest";
import { parseRoleName, type RoleName } from "#domain/tuf";
import {
  addSigners,
  history,
  removeSigner,
  revoke,
  signerRole,
  signImage,
  signImages,
  type FeedRecord,
  type HistorySource,
  type LogEntry,
} from "#services/signer";
import {
  add,
  gun,
  o,
  qa,
  releases,
  signerWorld,
  targetsRole,
  type Client,
  type SignerWorld,
} from "./signer-world.ts";

let world: SignerWorld;
let owner: Client;
beforeEach(() => {
  world = signerWorld();
  owner = world.client();
});

const alice = parseRoleName("targets/alice");
const bob = parseRoleName("targets/bob");
const image = (tag: string, content = "5e") => ({ tag, sha256: content.repeat(32), length: 527 });

/** Somebody with a key and a role. */
async function signer(role: RoleName): Promise<Client & { readonly key: string }> {
  const client = world.client();
  const { id, publicKey } = await client.keys.generate({ role: role.slice(8) }, o);
  await addSigners(owner.parts, gun, [{ role, keys: [publicKey] }], {}, o);
  return { ...client, key: id };
}

test.for([
  ["alice", "targets/alice"],
  ["anna.b-c_d", "targets/anna_b-c_d"],
  ["x.9", "targets/x_9"],
] as const)("%s signs as %s", ([name, role]) => {
  expect(signerRole(name)).toBe(role);
});

test("nobody signs under the name of the list of releases", () => {
  expect(() => signerRole("releases")).toThrow(
    expect.objectContaining({ code: "signer/change-refused" }),
  );
});

describe("signing several images", () => {
  test("is one publish, whatever the roles may speak about", async () => {
    await owner.publish();
    world.offered.length = 0;
    const signed = await signImages(
      owner.parts,
      gun,
      [image("1"), image("2"), image("3")],
      { as: "alice" },
      o,
    );
    expect(signed.roles).toEqual([alice, releases]);
    expect(world.offered).toHaveLength(1);
    expect(Object.keys(await owner.list())).toHaveLength(6);
  });

  test("into chosen roles leaves the others alone, and makes one that is not there", async () => {
    await signImage(owner.parts, gun, image("1"), { as: "alice" }, o);
    const signed = await signImage(owner.parts, gun, image("2"), { roles: [qa] }, o);
    expect(signed).toMatchObject({ roles: [qa], delegated: [qa] });
    expect(await owner.list()).toMatchObject({ "targets/qa 2": "valid" });
    expect(await owner.list()).not.toHaveProperty(["targets/releases 2"]);
    const other = signImage(world.client().parts, gun, image("3"), { roles: [qa] }, o);
    await expect(other).rejects.toMatchObject({ code: "signer/key-missing", role: qa });
  });

  test("with another key of the same person adds that key where the owner's key is held", async () => {
    await signImage(owner.parts, gun, image("1"), { as: "alice" }, o);
    const old = (await owner.keys.list(o)).find(({ role }) => role === "alice")?.id ?? "";
    const { id } = await owner.keys.generate({ role: "alice" }, o);
    await owner.keys.remove(old, o);
    const signed = await signImage(owner.parts, gun, image("2"), { as: "alice", key: id }, o);
    expect(signed.delegated).toEqual([alice, releases]);
    expect(await owner.list()).toMatchObject({ "targets/alice 2": "valid" });
  });
});

describe("signers", () => {
  test("are added with their keys to a role of their own and to releases; again changes nothing", async () => {
    const { keys, parts, key } = await signer(bob);
    await signImage(parts, gun, image("1"), {}, o);
    expect(await owner.list()).toEqual({ "targets/bob 1": "valid", "targets/releases 1": "valid" });
    const publicKey = (await keys.open(key, o))?.publicKey;
    const again = [{ role: bob, keys: publicKey === undefined ? [] : [publicKey] }];
    expect(await addSigners(owner.parts, gun, again, {}, o)).toEqual({
      isNew: false,
      isChanged: false,
      begun: [],
      revived: [],
    });
    await expect(addSigners(parts, gun, again, {}, o)).rejects.toMatchObject({
      code: "signer/key-missing",
      role: targetsRole,
    });
  });

  test("are removed for good, and what they released stays where another signer is at hand", async () => {
    await signImage(owner.parts, gun, image("1"), { as: "alice" }, o);
    const { parts, key } = await signer(bob);
    await signImage(parts, gun, image("2"), {}, o);
    const removing = { role: bob, releasesSignedBy: [key] };
    expect(await removeSigner(owner.parts, gun, removing, o)).toEqual({
      role: bob,
      tags: ["2"],
      releases: "signed-again",
      elsewhere: [],
    });
    expect(await owner.list()).toEqual({
      "targets/alice 1": "valid",
      "targets/releases 1": "valid",
      "targets/releases 2": "valid",
    });
    await expect(signImage(parts, gun, image("3"), {}, o)).rejects.toMatchObject({
      code: "signer/key-missing",
    });
    await expect(removeSigner(owner.parts, gun, removing, o)).rejects.toMatchObject({
      code: "signer/change-refused",
    });
  });

  test("whose list of releases nobody else signed leave one that counts for nothing", async () => {
    const { parts, key } = await signer(bob);
    await signImage(parts, gun, image("1"), {}, o);
    const removing = { role: bob, releasesSignedBy: [key] };
    expect(await removeSigner(owner.parts, gun, removing, o)).toMatchObject({
      releases: "unsigned",
    });
    expect(await owner.list()).not.toHaveProperty(["targets/releases 1"]);
  });
});

describe("revoking", () => {
  test("takes a tag out of every role that can be signed, targets too, and names the others", async () => {
    await signImage(owner.parts, gun, image("1"), { as: "alice" }, o);
    const { parts, key } = await signer(bob);
    await signImage(parts, gun, image("1"), {}, o);
    await owner.publish(add("1"), add("2"));
    expect(await revoke(owner.parts, gun, ["1"], o)).toEqual({
      roles: ["targets", alice, releases],
      tags: ["1"],
      remaining: [{ role: bob, keyIds: [key] }],
    });
    expect(await owner.list()).toEqual({ "targets 2": "valid", "targets/bob 1": "valid" });
    expect(await revoke(owner.parts, gun, ["1"], o)).toMatchObject({ roles: [], tags: [] });
  });

  test("all takes everything that is one's own", async () => {
    await signImages(owner.parts, gun, [image("1"), image("2")], { as: "alice" }, o);
    expect(await revoke(owner.parts, gun, undefined, o)).toMatchObject({ tags: ["1", "2"] });
    expect(await owner.list()).toEqual({});
  });

  test("in a repository that is nowhere begins none", async () => {
    await expect(revoke(owner.parts, gun, ["1"], o)).rejects.toMatchObject({
      code: "signer/repository-unknown",
    });
  });

  test("is made anew when somebody signs meanwhile", async () => {
    await signImage(owner.parts, gun, image("1"), { as: "alice" }, o);
    world.beforePublish = async () => {
      await signImage(owner.parts, gun, image("2"), { as: "alice" }, o);
    };
    await revoke(owner.parts, gun, undefined, o);
    expect(await owner.list()).toEqual({});
  });
});

describe("the history of a repository", () => {
  /** The world's own store, as a server with or without a change feed shows it. */
  const source = (how: { readonly hasFeed: boolean }): HistorySource => ({
    async changes(of, { before, limit }) {
      if (!how.hasFeed) return undefined;
      const range = { before: before === undefined ? Number.MAX_SAFE_INTEGER : Number(before) };
      const changes = await world.store.changes({ gun: of, range, limit }, o);
      return changes.map(({ id, at, category, version, sha256 }): FeedRecord =>
        category === "deletion"
          ? { kind: "deletion", id: String(id), at }
          : { kind: "update", id: String(id), at, version, sha256 },
      );
    },
    current: async (of, role) => (await world.store.current(of, role, o))?.bytes,
    byVersion: async (of, role, version) =>
      (await world.store.byVersion(of, role, version, o))?.bytes,
    byChecksum: async (of, role, sha256) =>
      (await world.store.byChecksum(of, role, sha256, o))?.bytes,
  });
  const all = async (from: HistorySource, limit = 100): Promise<readonly LogEntry[]> =>
    await Array.fromAsync(history(from, gun, { limit }, o));

  test.for([{ hasFeed: true }, { hasFeed: false }])("tells each publish once: %o", async (how) => {
    await signImage(owner.parts, gun, image("1"), { as: "alice" }, o);
    await signImage(owner.parts, gun, image("1", "ab"), { as: "alice" }, o);
    await revoke(owner.parts, gun, ["1"], o);
    const [revoked, moved, begun, ...more] = await all(source(how));
    expect(more).toEqual([]);
    const both = (change: object) =>
      [alice, releases].map((role) => ({ role, tag: "1", ...change }));
    expect(revoked).toMatchObject({
      kind: "published",
      tags: both({ change: "removed", before: "ab".repeat(32) }),
      delegations: [],
    });
    expect(moved).toMatchObject({
      tags: both({ change: "moved", before: "5e".repeat(32), sha256: "ab".repeat(32) }),
      roles: [
        { role: alice, signedBy: [expect.stringMatching(/^[0-9a-f]{64}$/)] },
        { role: releases, signedBy: [expect.stringMatching(/^[0-9a-f]{64}$/)] },
      ],
    });
    expect(begun).toMatchObject({ roles: [{ role: "root", version: 1 }, {}, {}, {}] });
    expect(await all(source(how), 1)).toEqual([revoked]);
  });

  test("shows a change of root keys, and a deletion with what came before it", async () => {
    await signImage(owner.parts, gun, image("1"), { as: "alice" }, o);
    await owner.signer.rotate(gun, { role: parseRoleName("root"), by: "client" }, o);
    const [rotated] = await all(source({ hasFeed: true }));
    const key = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
    expect(rotated).toMatchObject({
      delegations: [{ role: "root", change: "changed", addedKeys: [key], removedKeys: [key] }],
    });
    await owner.signer.remove(gun, { remote: true }, o);
    const kinds = (await all(source({ hasFeed: true }))).map(({ kind }) => kind);
    expect(kinds).toEqual(["deleted", "lost", "lost"]);
  });
});
