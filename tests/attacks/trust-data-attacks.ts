import { expect } from "vitest";
import type { JsonValue } from "#domain/json";
import {
  composeFile,
  describeFile,
  keyJson,
  parsePublicKey,
  rootRole,
  snapshotPayload,
  snapshotRole,
  targetsPayload,
  targetsRole,
  timestampRole,
  type FileMeta,
  type TrustReading,
} from "#domain/tuf";
import {
  certifiedKey,
  serve,
  signTargets,
  testKey,
  testRepository,
  type TestRepository,
} from "#domain/tuf/testing";
import {
  bytesOf,
  fileOf,
  forgeTimestamp,
  pointAt,
  publishRoot,
  qa,
  releases,
  rootKey,
  rotateRoot,
  swap,
  text,
  type Payload,
} from "./forge.ts";
import { ownerOf } from "./owner-returns.ts";
import { msPerDay, start, type RemoteWorld } from "./remote-world.ts";

/** An attack by who holds the trust server, and what must come of it. */
export type Attack = {
  readonly name: string;
  /** What the attacker does, after the repository was read and its image ran once. */
  readonly attack: (world: RemoteWorld) => Promise<void>;
  /** What the client library makes of it. */
  readonly reading: Partial<TrustReading>;
  /** What the gate answers: a reason among those of the refusal. */
  readonly reason: string;
};

const tampered = (role: string) => ({ kind: "tampered", role }) as const;
const rolledBack = (role: string) => ({ kind: "rolled-back", role }) as const;

/** Changes the text of a file that is properly signed otherwise. */
const rewrite =
  (role: typeof timestampRole, change: (file: string) => string) =>
  ({ repository }: RemoteWorld): Promise<void> => {
    const original = text(fileOf(repository, role));
    const changed = change(original);
    expect(changed).not.toBe(original);
    swap(repository, role, bytesOf(changed));
    return Promise.resolve();
  };

/** Reads what is newer, so that what was there before is old. */
async function seeNewer(world: RemoteWorld): Promise<ReadonlyMap<string, Uint8Array>> {
  const old = new Map(world.repository.current);
  for (const role of [world.repository.targets, world.releases, world.qa]) role.version += 1;
  await rotateRoot(world.repository);
  await world.repository.republish();
  expect(await world.read()).toMatchObject({ kind: "verified", rootVersion: 2 });
  world.ownerReturns = ownerOf(world);
  return old;
}
const of = (files: ReadonlyMap<string, Uint8Array>, role: string): Uint8Array =>
  files.get(role) ?? new Uint8Array();

/** Attacks on trust data, each made after a sound repository was read and its image ran. */
export const attacks: readonly Attack[] = [
  {
    name: "rollback of the timestamp",
    attack: async (world) => {
      const old = await seeNewer(world);
      serve(world.repository, timestampRole, of(old, "timestamp"));
    },
    reading: rolledBack("timestamp"),
    reason: "rolled-back",
  },
  {
    name: "rollback of the snapshot, under a newer timestamp",
    attack: async (world) => {
      const old = fileOf(world.repository, snapshotRole);
      await world.repository.republish();
      expect(await world.read()).toMatchObject({ kind: "verified", snapshotVersion: 2 });
      await pointAt(world.repository, old);
    },
    reading: rolledBack("snapshot"),
    reason: "rolled-back",
  },
  {
    name: "rollback of targets, under a newer snapshot",
    attack: async (world) => {
      const old = await seeNewer(world);
      await world.repository.republish(new Map([[targetsRole, of(old, "targets")]]));
    },
    reading: rolledBack("targets"),
    reason: "rolled-back",
  },
  {
    name: "rollback of the root",
    attack: async (world) => {
      const old = await seeNewer(world);
      await world.repository.republish(new Map([[rootRole, of(old, "root")]]));
    },
    reading: rolledBack("root"),
    reason: "rolled-back",
  },
  {
    name: "rollback of a delegation, under a newer snapshot",
    attack: async (world) => {
      const old = await seeNewer(world);
      await world.repository.republish(new Map([[qa, of(old, qa)]]));
    },
    reading: { kind: "verified" },
    reason: "tampered",
  },
  {
    name: "rollback of targets/releases, under a newer snapshot",
    attack: async (world) => {
      const old = await seeNewer(world);
      await world.repository.republish(new Map([[releases, of(old, releases)]]));
    },
    reading: { kind: "verified" },
    reason: "tampered",
  },
  {
    name: "freeze: the same files for ever",
    attack: (world) => {
      world.now = start + 14 * msPerDay + 1;
      return Promise.resolve();
    },
    reading: { kind: "expired", role: "timestamp" },
    reason: "expired",
  },
  {
    name: "mix and match: the snapshot of yesterday under the timestamp of today",
    attack: async ({ repository }) => {
      const yesterday = fileOf(repository, snapshotRole);
      await repository.republish();
      swap(repository, snapshotRole, yesterday);
    },
    reading: tampered("snapshot"),
    reason: "tampered",
  },
  {
    name: "mix and match: targets that another snapshot names",
    attack: async ({ repository }) => {
      const mine = await signTargets({ ...repository.targets, version: 3 });
      repository.targets.version = 2;
      await repository.republish();
      swap(repository, targetsRole, mine);
    },
    reading: tampered("targets"),
    reason: "tampered",
  },
  {
    name: "a wrong length with the right hash",
    attack: async ({ repository }) => {
      const { length, sha256 } = describeFile(fileOf(repository, snapshotRole));
      await forgeTimestamp(repository, { length: length + 1, sha256 });
    },
    reading: tampered("snapshot"),
    reason: "tampered",
  },
  {
    name: "a wrong hash",
    attack: async ({ repository }) => {
      const snapshot = fileOf(repository, snapshotRole);
      const sha256 = "0".repeat(64);
      await forgeTimestamp(repository, { length: snapshot.length, sha256 });
      repository.shelf.set(`snapshot.${sha256}`, snapshot);
    },
    reading: tampered("snapshot"),
    reason: "tampered",
  },
  ...(["timestamp", "snapshot", "targets"] as const).map((name) => ({
    name: `${name} signed by another role's key`,
    attack: async ({ repository }: RemoteWorld) => {
      const root = fileOf(repository, rootRole);
      repository[name].keys = repository[name === "snapshot" ? "timestamp" : "snapshot"].keys;
      repository.targets.version += 1;
      await repository.republish(new Map([[rootRole, root]]));
    },
    reading: tampered(name),
    reason: "tampered",
  })),
  {
    name: "a delegation signed by another delegation's key",
    attack: async ({ repository, qa: role }) => {
      role.version += 1;
      await repository.republish(new Map([[qa, await signTargets(role, repository.targets.keys)]]));
    },
    reading: { kind: "verified" },
    reason: "tampered",
  },
  {
    name: "one key signing twice for a threshold of two",
    attack: async ({ repository, releases: role, aliceKey }) => {
      Object.assign(role, { keys: [aliceKey, testKey()], threshold: 2, version: 2 });
      repository.targets.version += 1;
      await repository.republish(
        new Map([[releases, await signTargets(role, [aliceKey, aliceKey])]]),
      );
    },
    reading: { kind: "verified" },
    reason: "tampered",
  },
  {
    name: "one key under two ids for a threshold of two",
    attack: async ({ repository, releases: role }) => {
      const terms = { name: "bob", notBefore: start, notAfter: start + msPerDay };
      const one = await certifiedKey(terms);
      const two = await certifiedKey({ ...terms, again: one });
      Object.assign(role, { keys: [one, two], threshold: 2, version: 2 });
      repository.targets.version += 1;
      await repository.republish();
    },
    reading: { kind: "verified" },
    reason: "tampered",
  },
  ...[0, -1].flatMap((threshold) => [
    {
      name: `a threshold of ${threshold} in the root`,
      attack: ({ repository }: RemoteWorld) =>
        publishRoot(repository, (payload) => {
          const { keyids = [] } = payload.roles["targets"] ?? {};
          return { ...payload, roles: { ...payload.roles, targets: { keyids, threshold } } };
        }),
      reading: tampered("root"),
      reason: "tampered",
    },
    {
      name: `a threshold of ${threshold} for a delegation`,
      attack: async ({ repository, qa: role }: RemoteWorld) => {
        Object.assign(role, { threshold, version: 2 });
        repository.targets.version += 1;
        await repository.republish(new Map([[qa, await signTargets(role, [testKey()])]]));
      },
      reading: tampered("targets"),
      reason: "tampered",
    },
  ]),
  {
    name: "a key id that does not match its key",
    attack: ({ repository }) =>
      publishRoot(repository, (payload) => renamed(payload, "targets", "f".repeat(64))),
    reading: tampered("root"),
    reason: "tampered",
  },
  {
    name: "a delegation's key id that does not match its key",
    attack: async ({ repository, qa: role, aliceKey }) => {
      const { listed, signer } = aliceKey;
      const id = "f".repeat(64) as typeof listed.id;
      role.keys = [{ ...aliceKey, listed: { ...listed, id }, signer: { ...signer, keyId: id } }];
      for (const one of [role, repository.targets]) one.version += 1;
      await repository.republish();
    },
    reading: tampered("targets"),
    reason: "tampered",
  },
  {
    name: "one key listed under two ids",
    attack: ({ repository }) =>
      publishRoot(repository, (payload) => {
        const [id = ""] = payload.roles["targets"]?.keyids ?? [];
        const twin = "e".repeat(64);
        const keys = { ...payload.keys, [twin]: payload.keys[id] } as unknown as JsonValue;
        const targets = { keyids: [id, twin], threshold: 2 };
        return { ...payload, keys, roles: { ...payload.roles, targets } };
      }),
    reading: tampered("root"),
    reason: "tampered",
  },
  {
    name: "a member of the file twice",
    attack: rewrite(timestampRole, (file) => file.replace('{"signed":', '{"signed":{},"signed":')),
    reading: tampered("timestamp"),
    reason: "tampered",
  },
  {
    name: "a member of what is signed twice",
    attack: rewrite(timestampRole, (file) => file.replace('"version":', '"version":99,"version":')),
    reading: tampered("timestamp"),
    reason: "tampered",
  },
  {
    name: "__proto__ beside what is signed",
    attack: rewrite(timestampRole, (file) =>
      file.replace('{"signed":', '{"__proto__":{},"signed":'),
    ),
    reading: tampered("timestamp"),
    reason: "tampered",
  },
  {
    name: "__proto__ inside what is signed",
    attack: rewrite(timestampRole, (file) =>
      file.replace('"signed":{', '"signed":{"__proto__":{"version":99},'),
    ),
    reading: tampered("timestamp"),
    reason: "tampered",
  },
  {
    name: "deep nesting",
    attack: ({ repository }) => {
      swap(repository, timestampRole, bytesOf("[".repeat(60_000)));
      return Promise.resolve();
    },
    reading: tampered("timestamp"),
    reason: "tampered",
  },
  ...["1e400", "9007199254740993", "1".repeat(400), "-1", "1.5"].map((number) => ({
    name: `the number ${number.slice(0, 20)}`,
    attack: rewrite(timestampRole, (file) => file.replace(/"version":\d+/, `"version":${number}`)),
    reading: tampered("timestamp"),
    reason: "tampered",
  })),
  {
    name: "a delegation that speaks of what lies outside its paths",
    attack: async ({ repository, qa: role }) => {
      role.paths = ["rc/"];
      repository.targets.version += 1;
      await repository.republish();
    },
    reading: { kind: "verified" },
    reason: "team-missing",
  },
  {
    name: "a nested delegation that reaches beyond its parent",
    attack: async ({ repository, qa: role, aliceKey }) => {
      Object.assign(role, { paths: ["rc/"], version: 2, targets: new Map() });
      const inner = repository.delegate("targets/qa/inner", { keys: [aliceKey], paths: ["", "1"] });
      inner.targets.set("1", "image");
      repository.targets.version += 1;
      await repository.republish();
    },
    reading: { kind: "verified" },
    reason: "team-missing",
  },
  ...["targets", "targets/qa", "targets/releases", "targets/qa/../releases", "root"].map(
    (name) => ({
      name: `a delegation loop: targets/qa delegates to ${name}`,
      attack: async ({ repository, qa: role, aliceKey }: RemoteWorld) => {
        role.version += 1;
        const payload = targetsPayload({
          ...{ version: role.version, expires: role.expires, targets: new Map(), keys: new Map() },
          keys: new Map([[aliceKey.listed.id, aliceKey.listed]]),
          delegations: [
            {
              name: name as typeof qa,
              threshold: 1,
              keys: new Map([[aliceKey.listed.id, aliceKey.listed]]),
              paths: [""],
            },
          ],
        });
        await repository.republish(new Map([[qa, await composeFile(payload, [aliceKey.signer])]]));
      },
      reading: { kind: "verified" } as const,
      reason: "team-missing",
    }),
  ),
  {
    name: "more files than anybody's memory holds",
    attack: async ({ repository }) => {
      const { snapshot } = repository;
      snapshot.version += 1;
      const real = [rootRole, targetsRole].map(
        (role) => [role, describeFile(fileOf(repository, role))] as const,
      );
      const sha256 = "0".repeat(64);
      const huge = Array.from(
        { length: 100 },
        (_, index) => [`targets/x${index}`, { length: 30_000_000, sha256 }] as const,
      );
      const payload = snapshotPayload({
        ...snapshot,
        meta: new Map<string, FileMeta>([...real, ...huge]),
      });
      const file = await composeFile(
        payload,
        snapshot.keys.map((key) => key.signer),
      );
      await pointAt(repository, file);
    },
    reading: tampered("snapshot"),
    reason: "tampered",
  },
  {
    name: "a root of somebody else's making",
    attack: async (world) => {
      world.repository = await testRepository(world.gun, start);
      world.repository.root.version = 2;
      await world.repository.publish();
    },
    reading: tampered("root"),
    reason: "tampered",
  },
  {
    name: "a root of somebody else's making, under the version that is known",
    attack: async (world) => {
      world.repository = await testRepository(world.gun, start);
      await world.repository.publish();
    },
    reading: tampered("root"),
    reason: "tampered",
  },
  {
    name: "a root that the one before did not sign",
    attack: async ({ repository }) => {
      const thief = await rootKey(repository.gun);
      const root = await rotateRoot(repository, { keys: [thief], signers: [thief] });
      await repository.republish(new Map([[rootRole, root]]));
    },
    reading: tampered("root"),
    reason: "tampered",
  },
  {
    name: "a root chain with a gap that the last root does not bridge",
    attack: async ({ repository }) => {
      await rotateRoot(repository, { keys: [await rootKey(repository.gun)] });
      await rotateRoot(repository, { keys: [await rootKey(repository.gun)] });
      repository.shelf.delete("root.2");
      await repository.republish(new Map([[rootRole, fileOf(repository, rootRole)]]));
    },
    reading: tampered("root"),
    reason: "tampered",
  },
  {
    name: "a root further away than anybody rotates",
    attack: async ({ repository }) => {
      repository.root.version = 5_000;
      await repository.republish();
    },
    reading: tampered("root"),
    reason: "tampered",
  },
  ...(["rsa", "ed25519", "rsa-x509", "ecdsa-x509", "hmac", "none"] as const).map((keytype) => ({
    name: `algorithm confusion: the timestamp's ECDSA key listed as ${keytype}`,
    attack: ({ repository }: RemoteWorld) =>
      publishRoot(repository, (payload) => relisted(repository, payload, keytype)),
    reading: { kind: "tampered" } as const,
    reason: "tampered",
  })),
  ...["rsapss", "rsapkcs1v15", "eddsa", "ECDSA", ""].map((method) => ({
    name: `algorithm confusion: an ECDSA signature called "${method}"`,
    attack: rewrite(timestampRole, (file) =>
      file.replace('"method":"ecdsa"', `"method":"${method}"`),
    ),
    reading: tampered("timestamp"),
    reason: "tampered",
  })),
];

/** The timestamp's key under another type, with the id that goes with it; it signs under that id from now on. */
function relisted(repository: TestRepository, payload: Payload, keytype: string): JsonValue {
  const [key] = repository.timestamp.keys;
  if (key === undefined) throw new Error("no key");
  const listed = parsePublicKey({ keytype, keyval: { public: key.listed.public } });
  repository.timestamp.keys = [{ ...key, signer: { ...key.signer, keyId: listed.id } }];
  const keys = { ...payload.keys, [listed.id]: keyJson(listed) } as unknown as JsonValue;
  const timestamp = { keyids: [listed.id], threshold: 1 };
  return { ...payload, keys, roles: { ...payload.roles, timestamp } };
}

/** The key of a role under another id. */
function renamed(payload: Payload, role: string, id: string): JsonValue {
  const [old = ""] = payload.roles[role]?.keyids ?? [];
  const { [old]: key, ...others } = payload.keys;
  const keys = { ...others, [id]: key } as unknown as JsonValue;
  const threshold = payload.roles[role]?.threshold ?? 1;
  return { ...payload, keys, roles: { ...payload.roles, [role]: { keyids: [id], threshold } } };
}
