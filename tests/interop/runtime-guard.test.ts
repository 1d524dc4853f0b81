import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { finish, freePort, succeed } from "../harness/engine-world.ts";
import { whyNoEngine } from "../harness/engine.ts";
import { nodeWorld, type NodeWorld } from "../harness/node-world.ts";

const reason = whyNoEngine();
if (reason !== undefined) console.warn(`runtime guard tests skipped: ${reason}`);

describe.skipIf(reason !== undefined)("containers that a node makes", () => {
  let world: NodeWorld;
  let web = "";
  let signed = "";
  let bad = { digest: "", id: "" };

  beforeAll(async () => {
    world = await nodeWorld();
    web = `${world.registry}/acme/web`;
    world.server.mode = "off";
    signed = (await world.publish(`${web}:1`, "signed\n")).digest;
    bad = await world.publish(`${web}:bad`, "not signed\n");
    await succeed(world.docker("pull", "-q", `${web}:1`));
    await succeed(world.docker("pull", "-q", `${web}:bad`));
    world.settings.local = "admin";
    const own = `127.78.${process.pid % 250}.${1 + (Math.trunc(process.pid / 250) % 250)}`;
    const listen = `${own}:${await freePort()}`;
    await succeed(world.docker("swarm", "init", "--advertise-addr", own, "--listen-addr", listen));
  });
  beforeAll(() => {
    world.server.mode = "enforce";
    world.server.signed.set(`${web}:1`, signed);
  });
  afterAll(() => world?.stop());
  afterEach(async () => {
    world.server.mode = "enforce";
    world.server.state = "up";
    world.server.signed.set(`${web}:1`, signed);
    world.server.told.length = 0;
    world.clock.aheadMs = 0;
    const names = (await world.docker("service", "ls", "-q")).out.split("\n").filter(Boolean);
    if (names.length > 0) await succeed(world.docker("service", "rm", ...names));
  });

  /** A container that exists since before its image lost its approval. */
  async function createdBefore(image: string, ...args: readonly string[]): Promise<string> {
    world.server.mode = "off";
    const made = await succeed(world.docker("create", "--network", "none", ...args, image));
    world.server.mode = "enforce";
    return made.out.trim();
  }
  /** What becomes of a service's newest task. */
  async function taskOf(service: string, wanted: RegExp): Promise<string> {
    const format = "{{.CurrentState}} {{.Error}}";
    let seen = "";
    for (let tries = 0; tries < 150; tries += 1) {
      seen = (await world.docker("service", "ps", "--no-trunc", "--format", format, service)).out;
      if (wanted.test(seen)) break;
      await delay(200);
    }
    return seen;
  }
  /** As the manager's plugin would never let it: the service is there before the policy is. */
  async function serviceOf(name: string, image: string): Promise<void> {
    world.server.mode = "off";
    const args = ["service", "create", "-d", "--name", name, "--no-resolve-image"];
    await succeed(world.docker(...args, "--replicas", "0", image, "sleep", "60"));
    world.server.mode = "enforce";
    await succeed(world.docker("service", "scale", "-d", `${name}=1`));
  }

  test("a task of a signed image runs; a service that names no digest is not let through", async () => {
    await serviceOf("pinned", `${web}@${signed}`);
    expect(await taskOf("pinned", /Running/)).toContain("Running");
    await expect(serviceOf("tagged", `${web}:1`)).rejects.toThrow("name it by its digest");
  });

  test("a task of another image does not, says why, and the server is told", async () => {
    await serviceOf("bad", `${web}@${bad.digest}`);
    expect(await taskOf("bad", /is not signed/)).toContain(
      `OCI runtime create failed: ${web}@${bad.digest} is not signed; it needs qa`,
    );
    expect(await taskOf("bad", /./)).not.toMatch(/^Running/m);
    await world.upkeep();
    expect(world.server.told).toContainEqual(
      expect.objectContaining({ gate: "runtime-guard", operation: "container of service bad" }),
    );
  });

  test("an image that was admitted when the container was made is judged at its start", async () => {
    const id = await createdBefore(`${web}:1`);
    world.server.signed.clear();
    // The plugin would say no first: ask the guard alone, as a restart policy or the engine's boot does.
    const ran = await finish(
      spawn(world.runtime, ["--log", join(world.folder, "log"), "create", "--bundle", "/x", id]),
    );
    expect(ran).toMatchObject({ status: 1 });
    expect(ran.err).toContain(`${web}:1 is not signed; it needs qa`);
  });

  test("an ID that is no container of the engine is refused", async () => {
    for (const id of ["f".repeat(64), "../../../etc/passwd", ""]) {
      const ran = await finish(spawn(world.runtime, ["run", id]));
      expect(ran).toMatchObject({ status: 1 });
      expect(ran.err).toContain("no container of the engine");
    }
  });

  test("what starts no container goes straight to the runtime behind it", async () => {
    expect((await succeed(finish(spawn(world.runtime, ["--version"])))).out).toContain("runc");
  });

  test("an image that is tagged over is judged by what it is", async () => {
    const id = await createdBefore(`${web}:bad`);
    world.server.mode = "off";
    await succeed(world.docker("tag", `${web}:1`, `${web}:bad`));
    world.server.mode = "enforce";
    const started = await world.docker("start", id);
    expect(started.err).toContain("is not signed");
    world.server.mode = "off";
    await succeed(world.docker("tag", `${web}@${bad.digest}`, `${web}:bad`));
  });

  test("changing files below the container's folder does not change what it is", async () => {
    const id = await createdBefore(`${web}:bad`);
    await writeFile(join(world.folder, "config.v2.json"), "{}");
    await world.docker("cp", join(world.folder, "config.v2.json"), `${id}:/config.v2.json`);
    expect((await world.docker("start", id)).err).toContain("is not signed");
  });

  test("while the server is away a task of an image that was judged lately runs, and no other", async () => {
    await serviceOf("before", `${web}@${signed}`);
    expect(await taskOf("before", /Running/)).toContain("Running");
    world.server.mode = "off";
    for (const [name, image] of [
      ["known", `${web}@${signed}`],
      ["unknown", `${web}:1@${bad.digest}`],
    ] as const) {
      const args = ["service", "create", "-d", "--name", name, "--no-resolve-image"];
      await succeed(world.docker(...args, "--replicas", "0", image, "sleep", "60"));
    }
    world.server.mode = "enforce";
    world.server.state = "away";
    await succeed(world.docker("service", "scale", "-d", "known=1"));
    expect(await taskOf("known", /Running/)).toContain("Running");
    world.clock.aheadMs = 11 * 60_000;
    await succeed(world.docker("service", "scale", "-d", "known=2"));
    expect(await taskOf("known", /cannot be reached/)).toContain("is older than 10 minutes");
  });

  test("without the plugin's process nothing starts, and the refusal says whom to look after", async () => {
    await serviceOf("later", `${web}@${signed}`);
    expect(await taskOf("later", /Running/)).toContain("Running");
    const ids = (await succeed(world.docker("ps", "-q", "--no-trunc"))).out.split("\n");
    await world.stopPlugin();
    const ran = await finish(spawn(world.runtime, ["create", "--bundle", "/x", ids[0] ?? ""]));
    await world.startPlugin();
    expect(ran).toMatchObject({ status: 1 });
    expect(ran.err).toContain("does not answer, so nothing starts");
  });
});
