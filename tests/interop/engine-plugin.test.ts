import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { succeed } from "../harness/engine-world.ts";
import { whyNoEngine } from "../harness/engine.ts";
import { nodeWorld, type NodeWorld } from "../harness/node-world.ts";

const reason = whyNoEngine();
if (reason !== undefined) console.warn(`engine plugin tests skipped: ${reason}`);

describe.skipIf(reason !== undefined)("calls that reach the engine of a node directly", () => {
  let world: NodeWorld;
  let web = "";
  let signed = "";
  let bad: { digest: string; id: string };

  beforeAll(async () => {
    world = await nodeWorld();
    web = `${world.registry}/acme/web`;
    world.server.mode = "off";
    signed = (await world.publish(`${web}:1`, "signed\n")).digest;
    bad = await world.publish(`${web}:bad`, "not signed\n");
    await succeed(world.docker("pull", "-q", `${web}:bad`));
    await succeed(world.docker("pull", "-q", `${web}:1`));
    world.server.mode = "enforce";
    world.server.signed.set(`${web}:1`, signed);
  });
  afterAll(() => world?.stop());
  afterEach(() => {
    world.settings.local = "restricted-control";
    world.server.state = "up";
    world.server.told.length = 0;
    world.clock.aheadMs = 0;
  });

  const run = (...args: readonly string[]): ReturnType<NodeWorld["docker"]> =>
    world.docker("run", "--rm", "--network", "none", ...args);

  test("a signed image runs, by its tag and by its digest", async () => {
    expect((await succeed(run(`${web}:1`))).out).toBe("signed\n");
    expect((await succeed(run(`${web}@${signed}`))).out).toBe("signed\n");
  });

  test("an image that is not signed is refused, and the server is told", async () => {
    const ran = await run(`${web}:bad`);
    expect(ran.status).not.toBe(0);
    expect(ran.err).toContain(`${web}:bad is not signed`);
    await world.upkeep();
    expect(world.server.told).toMatchObject([{ gate: "engine-plugin", image: `${web}:bad` }]);
  });

  test("a tag that was moved on the engine is refused, and its digest still runs", async () => {
    await succeed(world.docker("tag", bad.id, `${web}:moved`));
    world.server.signed.set(`${web}:moved`, signed);
    const ran = await run(`${web}:moved`);
    expect(ran.err).toContain(`name it by its digest: ${web}@${signed}`);
    world.server.signed.delete(`${web}:moved`);
  });

  test("by the ID of an image only what is signed runs", async () => {
    const id = (await succeed(world.docker("image", "inspect", "-f", "{{.Id}}", `${web}:1`))).out;
    expect((await succeed(run(id.trim()))).out).toBe("signed\n");
    expect((await run(bad.id)).err).toContain("is not signed");
    expect((await run(bad.id.slice("sha256:".length, 19))).err).toContain("is not signed");
  });

  test.for([
    ["privileged", ["--privileged"], "HostConfig.Privileged"],
    ["the engine's socket", ["-v", "/var/run/docker.sock:/s"], "HostConfig.Binds"],
    ["the host's processes", ["--pid", "host"], "HostConfig.PidMode"],
    ["runc itself", ["--runtime", "runc"], "is not the guard"],
  ] as const)("%s: not for whoever merely reaches the socket", async ([, args, words]) => {
    expect((await run(...args, `${web}:1`)).err).toContain(words);
  });

  test("no permission brings another runtime past the guard", async () => {
    world.settings.local = "admin";
    expect((await run("--runtime", "runc", `${web}:1`)).err).toContain("is not the guard");
    await succeed(world.docker("create", "--privileged", "--network", "none", `${web}:1`));
  });

  test("exec is for full control, and works with it", async () => {
    await succeed(
      world.docker("run", "-d", "--network", "none", "--name", "long", `${web}:1`, "sleep", "60"),
    );
    expect((await world.docker("exec", "long", "id")).err).toContain("needs full control");
    world.settings.local = "full-control";
    expect((await succeed(world.docker("exec", "long", "cat", "/text"))).out).toBe("signed\n");
    await succeed(world.docker("rm", "-f", "long"));
  });

  test.for([
    ["no body", undefined, "application/json", 400],
    ["a form", `Image=x`, "application/x-www-form-urlencoded", 400],
    ["a member in another case", `{"Image":"WEB","image":"BAD"}`, "application/json", 400],
    ["a member twice", `{"Image":"WEB","Image":"BAD"}`, "application/json", 400],
    ["something behind it", `{"Image":"WEB"} {"Image":"BAD"}`, "application/json", 400],
    ["more than the engine shows", `{"Image":"BAD","Env":["PAD"]}`, "application/json", 413],
  ] as const)("a create with %s is refused", async ([, body, type]) => {
    const text = body
      ?.replaceAll("WEB", `${web}:1`)
      .replaceAll("BAD", `${web}:bad`)
      .replaceAll("PAD", "x".repeat(1_200_000));
    const how = text === undefined ? { type } : { type, body: text };
    const answer = await world.ask("POST", "/v1.41/containers/create", how);
    expect(answer.status).toBe(403);
    expect(answer.body).toContain("authorization denied by plugin");
  });

  test.for([
    "/v1.41/images/create?fromImage=WEB&tag=bad",
    "/v1.41/%63ontainers/create",
    "/session",
    "/grpc",
    "/v1.41/build?version=2",
    "/v1.41/build",
    "/v1.41/plugins/pull?remote=a/b",
    "/v1.41/swarm/init",
  ])("POST %s is refused", async (target) => {
    const answer = await world.ask("POST", target.replace("WEB", encodeURIComponent(web)));
    expect(answer.status).toBe(403);
    expect(answer.body).toContain("authorization denied by plugin");
  });

  test("what only looks passes, and so does what brings an image that nobody signed", async () => {
    for (const command of [["ps"], ["images"], ["info"], ["version"]])
      expect((await world.docker(...command)).status).toBe(0);
    expect((await world.docker("tag", `${web}:1`, `${web}:again`)).status).toBe(0);
  });

  test("the gateway is known by its secret, and judged all the same", async () => {
    const secret = world.gatewaySecret;
    const body = (image: string): string =>
      JSON.stringify({ Image: image, HostConfig: { Privileged: true, NetworkMode: "none" } });
    const ask = (image: string, how: { secret?: string }) =>
      world.ask("POST", "/v1.41/containers/create", { body: body(image), ...how });
    expect((await ask(`${web}@${signed}`, { secret })).status).toBe(201);
    expect((await ask(`${web}@${signed}`, {})).status).toBe(403);
    expect((await ask(`${web}@${signed}`, { secret: "guessed" })).status).toBe(403);
    expect((await ask(`${web}:bad`, { secret })).status).toBe(403);
  });

  test("while the server is away what was judged lately runs, and nothing else", async () => {
    await succeed(run(`${web}:1`));
    world.server.state = "away";
    expect((await succeed(run(`${web}:1`))).out).toBe("signed\n");
    const never = await run(`${web}@${bad.digest}`);
    expect(never.err).toContain("the Countersign server cannot be reached");
    world.clock.aheadMs = 11 * 60_000;
    expect((await run(`${web}:1`)).err).toContain("is older than 10 minutes");
    world.server.state = "up";
    world.clock.aheadMs += 10_000;
    expect((await succeed(run(`${web}:1`))).out).toBe("signed\n");
    await world.upkeep();
    expect(world.server.told.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("cannot be reached"),
    );
  });

  test("a server that does not know this node stops everything", async () => {
    world.server.state = "foreign";
    expect((await run(`${web}:1`)).err).toContain("could not be judged");
  });

  test("without its plugin the engine does nothing", async () => {
    await world.stopPlugin();
    const ran = await world.ask("GET", "/v1.41/containers/json");
    await world.startPlugin();
    expect(ran.status).toBe(500);
    expect(ran.body).toContain("failed with error");
    expect((await succeed(run(`${web}:1`))).out).toBe("signed\n");
  });
});
