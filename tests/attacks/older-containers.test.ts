import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gatewayWorld, succeed, type GatewayWorld } from "../harness/engine-world.ts";
import { whyNoEngine } from "../harness/engine.ts";

const reason = whyNoEngine();
if (reason !== undefined) console.warn(`attacks with older containers skipped: ${reason}`);

describe.skipIf(reason !== undefined)("a container that is older than the policy", () => {
  let world: GatewayWorld;
  let good = "";
  let bad = "";
  const make = async (image: string): Promise<string> =>
    (await succeed(world.docker(["create", "--network", "none", image]))).out.trim();
  const states = async (id: string): Promise<string> =>
    (await succeed(world.direct("inspect", "-f", "{{.State.Status}}", id))).out.trim();

  beforeAll(async () => {
    world = await gatewayWorld();
    good = `${world.registry}/acme/web:1`;
    bad = `${world.registry}/acme/web:2`;
    world.judge.signed.set(good, (await world.publish(good, "signed\n")).digest);
    await world.publish(bad, "not signed\n");
    world.judge.mode = "off";
    await succeed(world.docker(["pull", "-q", good]));
    await succeed(world.docker(["pull", "-q", bad]));
  });
  afterAll(() => world?.stop());

  test("is not started, nor restarted, when its image is refused now", async () => {
    world.judge.mode = "off";
    const id = await make(bad);
    await succeed(world.direct("tag", good, bad)); // its name is that of a signed image by now
    world.judge.mode = "enforce";
    for (const args of [
      ["start", id],
      ["start", "-a", id.slice(0, 12)],
      ["restart", id],
    ])
      expect((await world.docker(args)).err).toContain("is not signed");
    expect(await states(id)).toBe("created");
    world.judge.mode = "broken";
    expect((await world.docker(["start", id])).status).not.toBe(0);
    expect(await states(id)).toBe("created");
  });

  test("starts when its image is signed, under whichever name it was made", async () => {
    world.judge.mode = "off";
    const id = await make(good);
    world.judge.mode = "enforce";
    expect(await world.docker(["start", "-a", id])).toMatchObject({ status: 0, out: "signed\n" });
    expect(world.judge.asked.at(-1)).toMatchObject({ operation: "container-start", image: good });
    await succeed(world.docker(["restart", "-t", "0", id]));
  });

  test("is not started any more when the signature is taken back", async () => {
    world.judge.mode = "enforce";
    const id = await make(good);
    const digest = world.judge.signed.get(good);
    world.judge.signed.delete(good);
    expect((await world.docker(["start", id])).err).toContain("is not signed");
    if (digest !== undefined) world.judge.signed.set(good, digest);
    expect(await world.docker(["start", "-a", id])).toMatchObject({ status: 0, out: "signed\n" });
  });
});
