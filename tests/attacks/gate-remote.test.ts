import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testKey } from "#domain/tuf/testing";
import { whyNoEngine } from "../harness/engine.ts";
import { rotateRoot } from "./forge.ts";
import { gateWorld, type GateWorld } from "./gate-world.ts";
import { reasonsOf, remoteWorld, type RemoteWorld } from "./remote-world.ts";
import { faults } from "./transport-faults.ts";
import { attacks } from "./trust-data-attacks.ts";

const why = whyNoEngine();
if (why !== undefined) console.warn(`attacks through the gate skipped: ${why}`);
const o = { signal: new AbortController().signal };

describe.skipIf(why !== undefined)("through the gate, with another registry's image", () => {
  let gate: GateWorld;
  beforeAll(async () => {
    gate = await gateWorld();
  });
  afterAll(() => gate?.stop());

  /** A registry whose image ran through the gate, and a container of it that is not started yet. */
  async function stage(
    answerMs: number,
  ): Promise<{ readonly world: RemoteWorld; readonly container: string }> {
    const world = await remoteWorld({ signed: gate.signed, limits: { answerMs } });
    gate.guardedBy(world.gatekeeper);
    const container = await gate.create();
    if (container !== undefined) return { world, container };
    await world[Symbol.asyncDispose]();
    throw new Error("a sound image was refused");
  }

  /** Nothing new runs, and what was made before is not started; gives the reasons that were recorded. */
  async function refused(
    world: RemoteWorld,
    container: string,
  ): Promise<{ readonly reasons: readonly string[]; readonly said: string }> {
    const ran = await gate.run();
    expect(ran).toMatchObject({ status: 125, out: "" });
    const [decision] = await world.gatekeeper.decisions({ limit: 1 }, o);
    expect(decision).toMatchObject({ gate: "docker-api", effect: "refuse" });
    for (const line of decision?.message.split("\n") ?? []) expect(ran.err).toContain(line);
    expect(await gate.start(container)).toBe(403);
    expect(await gate.containers()).toEqual([container]);
    return { reasons: reasonsOf(decision), said: ran.err };
  }

  async function runsAgain(container: string): Promise<void> {
    const another = await gate.create();
    expect(another).toBeDefined();
    if (another !== undefined) await gate.remove(another);
    expect(await gate.start(container)).toBe(204);
  }

  async function withStage(
    act: (world: RemoteWorld, container: string) => Promise<void>,
    answerMs = 20_000,
  ): Promise<void> {
    const { world, container } = await stage(answerMs);
    try {
      await act(world, container);
    } finally {
      await gate.remove(container);
      await world[Symbol.asyncDispose]();
    }
  }

  test("a sound image runs, by its signed digest", () =>
    withStage(async () => {
      expect(await gate.run()).toMatchObject({ status: 0, out: "sound\n" });
    }));

  test.for(attacks)("$name: refused, until the owner publishes again", ({ attack, reason }) =>
    withStage(async (world, container) => {
      await attack(world);
      expect((await refused(world, container)).reasons).toContain(reason);
      await world.restart();
      expect((await refused(world, container)).reasons).toContain(reason);
      await world.ownerReturns();
      await runsAgain(container);
    }),
  );

  test.for(faults)("$name: refused, until the server behaves", ({ file, does, kind, answerMs }) =>
    withStage(async (world, container) => {
      await world.repository.republish();
      world.server.misbehaviour.set(file, does);
      await world.forgetFiles();
      expect((await refused(world, container)).reasons).toContain(kind);
      world.server.misbehaviour.clear();
      await runsAgain(container);
    }, answerMs),
  );

  test("fast-forward: the owner's image runs again under a root with new online keys, the thief's does not", () =>
    withStage(async (world, container) => {
      const { repository } = world;
      const { timestamp, snapshot } = repository;
      for (const role of [timestamp, snapshot]) role.version = Number.MAX_SAFE_INTEGER;
      const stolen = await repository.publish();
      await runsAgain(container);
      for (const role of [timestamp, snapshot]) role.version = 2;
      await repository.publish();
      expect((await refused(world, container)).reasons).toContain("rolled-back");
      for (const role of [timestamp, snapshot]) role.keys = [testKey()];
      await rotateRoot(repository);
      await repository.publish();
      await runsAgain(container);
      for (const [role, bytes] of stolen)
        if (role === "timestamp") repository.current.set(role, bytes);
      expect((await refused(world, container)).reasons).toContain("tampered");
    }));
});
