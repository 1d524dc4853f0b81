import { beforeEach, describe, expect, test } from "vitest";
import { readJson } from "#domain/json";
import { decodeTargets, parsePublicKey, type PublicKey, type RoleName } from "#domain/tuf";
import { testRepository } from "#domain/tuf/testing";
import { createReader } from "#services/reader";
import { inMemoryTrustMemory } from "#services/reader/testing";
import { createSigner, signImage, type Change, type SignerParts } from "#services/signer";
import { inMemoryKeyStore, inMemoryLocal, testCertifier } from "#services/signer/testing";
import {
  add,
  begin,
  day,
  delegate,
  gun,
  o,
  qa,
  remove,
  rootRole,
  signerWorld,
  snapshotRole,
  targetsRole,
  timestampRole,
  type Client,
  type SignerWorld,
} from "../signer/signer-world.ts";

/** A server in the hands of an attacker, who holds its keys: those of snapshot and timestamp. */
async function ownedServer() {
  const repository = await testRepository(gun, begin - day);
  const role = repository.delegate(qa, {});
  role.targets.set("1.0", "one");
  role.targets.set("2.0", "two");
  await repository.publish();
  const keys = inMemoryKeyStore();
  for (const key of repository.targets.keys) keys.put(key, { role: "targets", gun });
  for (const key of role.keys) keys.put(key, { role: "qa" });
  const published: ReadonlyMap<RoleName, Uint8Array>[] = [];
  const locals = inMemoryLocal();
  const parts: SignerParts = {
    keys,
    local: locals,
    clock: () => begin,
    certifier: testCertifier(keys),
    reader: createReader({
      memory: inMemoryTrustMemory(),
      clock: () => begin,
      source: {
        current: (_, name) => Promise.resolve(repository.current.get(name)),
        byChecksum: (_, name, sha256) => Promise.resolve(repository.shelf.get(`${name}.${sha256}`)),
        byVersion: (_, name, version) =>
          Promise.resolve(repository.shelf.get(`${name}.${version}`)),
      },
    }),
    server: {
      publish: (_, files) => Promise.resolve(void published.push(files)),
      key: () => Promise.reject(new Error("not asked")),
      rotateKey: () => Promise.reject(new Error("not asked")),
      remove: () => Promise.reject(new Error("not asked")),
    },
  };
  return { repository, role, parts, published, locals, signer: createSigner(parts) };
}

describe("a server that holds the snapshot key and leaves a delegation's file out of the snapshot", () => {
  /** The client has seen the list; then the server says that there is none. */
  async function lost() {
    const world = await ownedServer();
    const { repository, parts, locals } = world;
    await parts.reader.open(gun, o);
    const file = repository.current.get(qa);
    if (file === undefined) throw new Error("no file");
    await locals(gun).writeFiles(new Map([[qa, file]]), o); // as the trust directory keeps it
    const { children } = repository.targets;
    const targets = repository.current.get(targetsRole);
    if (targets === undefined) throw new Error("no targets");
    repository.targets.children = new Map();
    await repository.republish(new Map([[targetsRole, targets]]));
    repository.targets.children = children;
    return world;
  }

  test("has nobody sign an empty list in place of the one that they have seen", async () => {
    const { signer, published, locals } = await lost();
    await locals(gun).stage([add("3.0", qa)], o);
    await expect(signer.publish(gun, o)).rejects.toMatchObject({ code: "signer/change-refused" });
    expect(published).toEqual([]);
    expect(await locals(gun).staged(o)).toHaveLength(1);
  });

  test("nor when an image is signed", async () => {
    const { parts, published } = await lost();
    const image = { tag: "3.0", sha256: "5e".repeat(32), length: 5 };
    await expect(signImage(parts, gun, image, { roles: [qa] }, o)).rejects.toMatchObject({
      code: "signer/change-refused",
    });
    expect(published).toEqual([]);
  });
});

describe("a server that hides a repository", () => {
  let world: SignerWorld;
  let owner: Client;
  let isHidden = false;
  beforeEach(async () => {
    isHidden = false;
    world = signerWorld();
    owner = world.client((source) => ({
      current: async (...asked) => (isHidden ? undefined : await source.current(...asked)),
      byChecksum: (...asked) => source.byChecksum(...asked),
      byVersion: (...asked) => source.byVersion(...asked),
    }));
    await owner.signer.init(gun, { serverKeepsSnapshot: true }, o);
    await owner.publish(delegate(qa, [await owner.newKey()]), add("1.0", qa), add("2.0"));
    await keepAsDirectoriesDo(owner);
  });

  async function keepAsDirectoriesDo(client: Client): Promise<void> {
    const { open } = await client.reader.open(gun, o);
    if (open === undefined) throw new Error("nothing to keep");
    const files = [...open.targets, [timestampRole, open.timestamp] as const].map(
      ([role, { bytes }]) => [role, bytes] as const,
    );
    await client.local.writeFiles(new Map(files), o);
  }

  test("has nobody sign a delegation's list anew, emptied", async () => {
    isHidden = true;
    const before = world.offered.length;
    await expect(owner.publish(add("3.0", qa))).rejects.toMatchObject({
      code: "signer/change-refused",
    });
    expect(world.offered).toHaveLength(before);
    isHidden = false;
    await owner.publish();
    expect(Object.keys(await owner.list()).toSorted()).toEqual([
      "targets 2.0",
      "targets/qa 1.0",
      "targets/qa 3.0",
    ]);
  });

  test("gets no tag back that was taken away", async () => {
    await owner.publish(remove("2.0"));
    await keepAsDirectoriesDo(owner);
    isHidden = true;
    world.beforePublish = () => Promise.reject(new Error("stop here"));
    await owner.publish(add("3.0")).catch(() => undefined);
    const kept = await owner.local.file(targetsRole, o);
    const { targets } = decodeTargets(kept ?? new Uint8Array(), targetsRole).signed;
    expect([...targets.keys()]).toEqual([]);
  });
});

describe("a server that gives one of the owner's keys for its own", () => {
  const answering = (client: Client, key: PublicKey): SignerParts => ({
    ...client.parts,
    server: {
      ...client.parts.server,
      key: () => Promise.resolve(key),
      rotateKey: () => Promise.resolve(key),
    },
  });

  test("gets no signature of that key on snapshots, and no key of the new repository stays", async () => {
    const owner = signerWorld().client();
    const root = await owner.keys.generate({ role: "root" }, o);
    const signer = createSigner(answering(owner, root.publicKey));
    for (const serverKeepsSnapshot of [true, false])
      await expect(signer.init(gun, { serverKeepsSnapshot }, o)).rejects.toMatchObject({
        code: "signer/key-unsuitable",
      });
    expect(await owner.keys.list(o)).toHaveLength(1);
    expect(await owner.local.file(rootRole, o)).toBeUndefined();
  });

  test("changes nothing when a key is handed over to it", async () => {
    const world = signerWorld();
    const owner = world.client();
    await owner.signer.init(gun, { serverKeepsSnapshot: false }, o);
    await owner.publish(add("1.0"));
    const [root] = await owner.keys.list(o);
    const key = await owner.keys.open(root?.id ?? "", o);
    if (key === undefined) throw new Error("no root key");
    const signer = createSigner(answering(owner, key.publicKey));
    const before = world.offered.length;
    await expect(signer.rotate(gun, { role: snapshotRole, by: "server" }, o)).rejects.toMatchObject(
      { code: "signer/key-unsuitable" },
    );
    expect(world.offered).toHaveLength(before);
    expect((await owner.keys.list(o)).map(({ role }) => role)).toContain("snapshot");
  });

  test("of a kind that nobody can check signatures of makes no repository", async () => {
    const owner = signerWorld().client();
    const odd = parsePublicKey({
      keytype: "ecdsa-p9999",
      keyval: { public: "aGVsbG8=", private: null },
    });
    const signer = createSigner(answering(owner, odd));
    await expect(signer.init(gun, { serverKeepsSnapshot: true }, o)).rejects.toMatchObject({
      code: "signer/key-unsuitable",
    });
    expect(await owner.keys.list(o)).toEqual([]);
  });
});

test("what is signed already is not signed again, custom data and all, however it is read", async () => {
  const world = signerWorld();
  const owner = world.client();
  await owner.signer.init(gun, { serverKeepsSnapshot: true }, o);
  const custom = readJson('{"b":1,"a":{"__proto__":[1]}}', { maxBytes: 100 });
  const change: Change = {
    kind: "target-add",
    role: targetsRole,
    name: "1.0",
    target: { sha256: "5e".repeat(32), length: 5, custom },
  };
  await owner.publish(change);
  expect(await owner.publish(change)).toEqual([]);
});
