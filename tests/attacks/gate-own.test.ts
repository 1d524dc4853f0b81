import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { whyNoEngine } from "../harness/engine.ts";
import { gateWorld, type GateWorld } from "./gate-world.ts";
import { ownWorld, type OwnWorld } from "./own-world.ts";
import { reasonsOf } from "./remote-world.ts";

const why = whyNoEngine();
if (why !== undefined) console.warn(`attacks on the own store skipped: ${why}`);
const o = { signal: new AbortController().signal };

const newest = "version = (select max(version) from trust_files where gun = ?1 and role = ?2)";
const setNewest = `update trust_files set bytes = ?3 where gun = ?1 and role = ?2 and ${newest}`;
const roles = ["root", "timestamp", "snapshot", "targets", "targets/releases", "targets/qa"];

type Attack = {
  readonly name: string;
  /** What somebody writes into the database; the image was signed twice, so all but root are in version 2. */
  readonly attack: (world: OwnWorld) => Promise<void> | void;
  /** Among the reasons of the refusal. */
  readonly reason: string;
  /**
   * A process that runs looks at the timestamp alone, and at what was seen of it. Under the same timestamp it
   * stays with what it has verified, which nobody can write to; the next one to read the rest refuses.
   */
  readonly isSeenAtOnce?: true;
};

const changed = (bytes: Uint8Array): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 1;
  return copy;
};

const atOnce = (role: string): Pick<Attack, "isSeenAtOnce"> =>
  role === "timestamp" ? { isSeenAtOnce: true } : {};

const attacks: readonly Attack[] = [
  ...roles.map((role) => ({
    name: `one changed bit in the stored ${role}`,
    attack: (world: OwnWorld) => world.write(setNewest, world.gun, role, changed(world.file(role))),
    reason: "tampered",
    ...atOnce(role),
  })),
  ...roles.map((role) => ({
    name: `the stored ${role} cut off`,
    attack: (world: OwnWorld) =>
      world.write(setNewest, world.gun, role, world.file(role).subarray(0, -1)),
    reason: "tampered",
    ...atOnce(role),
  })),
  {
    name: "all trust data of yesterday",
    attack: (world) =>
      world.write(
        "delete from trust_files where gun = ? and role <> 'root' and version > 1",
        world.gun,
      ),
    reason: "rolled-back",
    isSeenAtOnce: true,
  },
  {
    name: "the timestamp of yesterday",
    attack: (world) => world.write(setNewest, world.gun, "timestamp", world.file("timestamp", 1)),
    reason: "rolled-back",
    isSeenAtOnce: true,
  },
  ...["snapshot", "targets", "targets/releases", "targets/qa"].map((role) => ({
    name: `the ${role} of yesterday under the timestamp of today`,
    attack: (world: OwnWorld) => world.write(setNewest, world.gun, role, world.file(role, 1)),
    reason: "tampered",
  })),
  ...["snapshot", "targets", "targets/releases", "targets/qa"].map((role) => ({
    name: `no ${role} of today any more`,
    attack: (world: OwnWorld) =>
      world.write(
        "delete from trust_files where gun = ? and role = ? and version > 1",
        world.gun,
        role,
      ),
    reason: "tampered",
  })),
  {
    name: "one role's file in the place of another's",
    attack: (world) => world.write(setNewest, world.gun, "targets/qa", world.file("targets")),
    reason: "tampered",
  },
  {
    name: "another repository's trust data under this name",
    attack: async (world) => {
      const other = await world.publishOther();
      world.write("delete from trust_files where gun = ?", world.gun);
      world.write("update trust_files set gun = ? where gun = ?", world.gun, other);
    },
    reason: "tampered",
    isSeenAtOnce: true,
  },
  {
    name: "another repository's root as the one that is pinned",
    attack: async (world) => {
      const other = await world.publishOther();
      const otherRoot = "(select bytes from trust_files where gun = ? and role = 'root')";
      world.write(`update trust_roots set bytes = ${otherRoot} where gun = ?`, other, world.gun);
    },
    reason: "tampered",
  },
  {
    name: "a version seen that nobody has published",
    attack: (world) =>
      world.write(
        "update trust_seen set version = 99, sha256 = '' where gun = ? and role = 'timestamp'",
        world.gun,
      ),
    reason: "rolled-back",
    isSeenAtOnce: true,
  },
  {
    name: "no trust data at all",
    attack: (world) => world.write("delete from trust_files where gun = ?", world.gun),
    reason: "no-trust-data",
    isSeenAtOnce: true,
  },
];

describe.skipIf(why !== undefined)("through the gate, with rows of our own store changed", () => {
  let gate: GateWorld;
  let world: OwnWorld;
  beforeAll(async () => {
    gate = await gateWorld();
    world = await ownWorld(gate.signed, gate.host);
    await runs();
    await world.publish();
  });
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
    await gate?.stop();
  });

  async function runs(): Promise<void> {
    gate.guardedBy(world.app.gatekeeper, gate.host);
    const container = await gate.create();
    expect(container).toBeDefined();
    if (container !== undefined) await gate.remove(container);
  }

  async function refused(): Promise<readonly string[]> {
    gate.guardedBy(world.app.gatekeeper, gate.host);
    expect(await gate.run()).toMatchObject({ status: 125, out: "" });
    expect(await gate.containers()).toEqual([]);
    const [decision] = await world.app.gatekeeper.decisions({ limit: 1 }, o);
    expect(decision).toMatchObject({ gate: "docker-api", effect: "refuse" });
    return reasonsOf(decision);
  }

  test.for(attacks)(
    "$name: refused, until it is put right",
    async ({ attack, reason, isSeenAtOnce }) => {
      await runs();
      const putBack = world.keepRows();
      try {
        await attack(world);
        if (isSeenAtOnce === true) expect(await refused()).toContain(reason);
        else await runs();
        await world.restart();
        expect(await refused()).toContain(reason);
      } finally {
        putBack();
      }
      await runs();
    },
  );
});
