import { describe, expect, test } from "vitest";
import { reasonsOf, remoteWorld } from "./remote-world.ts";
import { attacks } from "./trust-data-attacks.ts";

describe("attacks on another registry's trust data", () => {
  test.for(attacks)("$name", async ({ attack, reading, reason }) => {
    await using world = await remoteWorld();
    expect((await world.judge()).judgement).toMatchObject({ kind: "run" });
    await attack(world);
    expect(await world.read()).toMatchObject(reading);
    const { judgement, decision } = await world.judge();
    expect(judgement).toMatchObject({ kind: "refuse" });
    expect(reasonsOf(decision)).toContain(reason);
    await world.ownerReturns();
    expect((await world.judge()).judgement).toMatchObject({ kind: "run" });
  });
});
