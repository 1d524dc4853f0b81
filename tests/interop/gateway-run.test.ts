import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Digest } from "#domain/oci";
import { finish, gatewayWorld, succeed, type GatewayWorld } from "../harness/engine-world.ts";
import { whyNoEngine } from "../harness/engine.ts";

const reason = whyNoEngine();
if (reason !== undefined) console.warn(`gateway tests skipped: ${reason}`);

describe.skipIf(reason !== undefined)("docker through the gateway", () => {
  let world: GatewayWorld;
  let web = "";
  let signed: { digest: Digest; id: string };
  let other: { digest: Digest; id: string };

  beforeAll(async () => {
    world = await gatewayWorld();
    web = `${world.registry}/acme/web`;
    signed = await world.publish(`${web}:1`, "signed\n");
    world.judge.signed.set(`${web}:1`, signed.digest);
    world.judge.imageIds.set(signed.digest, [signed.id]);
    other = await world.publish(`${web}:2`, "not signed\n");
  });
  afterAll(() => world?.stop());
  afterEach(() => {
    world.judge.mode = "enforce";
    world.callers.isBroken = false;
    world.build = "allow";
  });

  describe.for(["docker", "/usr/bin/docker"] as const)("with the client %s", (cli) => {
    test("a signed image is pulled and runs", async () => {
      await world.direct("image", "rm", "-f", signed.id);
      const ran = await world.docker(["run", "--rm", "--network", "none", `${web}:1`], { cli });
      expect(ran).toMatchObject({ status: 0, out: "signed\n" });
    });

    test("an image that nobody signed does not, and the reason is told whole", async () => {
      const ran = await world.docker(["run", "--rm", `${web}:2`], { cli });
      expect(ran.status).toBe(125);
      expect(ran.err).toContain(`${web}:2 is not signed\nit needs signatures of qa and security`);
    });

    test("standard input reaches the container, and its end as well", async () => {
      const input = "x".repeat(4_000_000);
      const args = ["run", "--rm", "-i", "--network", "none", `${web}:1`];
      const counted = await world.docker([...args, "wc", "-c"], { cli, input });
      expect(counted).toMatchObject({ status: 0, out: "4000000\n" });
      const copied = await world.docker([...args, "cat"], { cli, input });
      expect(copied.out === input).toBe(true);
    });

    test("the exit code of the container is the client's", async () => {
      const args = ["run", "--rm", "--network", "none", `${web}:1`, "sh", "-c", "exit 7"];
      expect(await world.docker(args, { cli })).toMatchObject({ status: 7 });
    });

    test("exec, logs and cp work on what runs", async () => {
      const run = ["run", "-d", "--network", "none", `${web}:1`];
      const script = "trap 'exit 0' TERM; echo one; echo two; while true; do sleep 0.1; done";
      const id = (await succeed(world.docker([...run, "sh", "-c", script], { cli }))).out.trim();
      try {
        const exec = await world.docker(["exec", "-i", id, "cat"], { cli, input: "in\n" });
        expect(exec).toMatchObject({ status: 0, out: "in\n" });
        const failed = await world.docker(["exec", id, "sh", "-c", "echo no >&2; exit 3"], { cli });
        expect(failed).toMatchObject({ status: 3, err: "no\n" });
        const logs = world.start(["logs", "-f", id], { cli });
        const ended = finish(logs);
        const [first] = (await once(logs.stdout ?? logs, "data")) as [Buffer];
        expect(first.toString()).toContain("one");
        const file = join(world.folder, "copied");
        await writeFile(file, "there and back\n");
        await succeed(world.docker(["cp", file, `${id}:/copied`], { cli }));
        await succeed(world.docker(["cp", `${id}:/copied`, `${file}-back`], { cli }));
        expect(await readFile(`${file}-back`, "utf8")).toBe("there and back\n");
        await succeed(world.docker(["restart", "-t", "5", id], { cli }));
        await succeed(world.docker(["stop", "-t", "5", id], { cli }));
        expect((await ended).status).toBe(0);
      } finally {
        await world.docker(["rm", "-f", id], { cli });
      }
    });

    test("a digest is pulled, tagged as the user asked, and the tag is the signed digest", async () => {
      await world.direct("image", "rm", "-f", signed.id);
      const pulled = await world.docker(["pull", `${web}:1`], { cli });
      expect(pulled).toMatchObject({ status: 0 });
      expect(pulled.out).toContain(`Tagged what is signed, ${signed.digest}`);
      const inspected = await succeed(
        world.direct("image", "inspect", "-f", "{{.Id}}", `${web}:1`),
      );
      expect(inspected.out.trim()).toBe(signed.id);
      const byDigest = await world.docker(["pull", `${web}@${signed.digest}`], { cli });
      expect(byDigest).toMatchObject({ status: 0 });
      const refused = await world.docker(["pull", `${web}@${other.digest}`], { cli });
      expect(refused.err).toContain("is not signed");
      const all = await world.docker(["pull", "-a", web], { cli });
      expect(all.err).toContain("name a tag or digest");
    });

    test("load, save, import, commit and tag pass, and what they bring does not run", async () => {
      await succeed(world.docker(["pull", "-q", `${web}:1`], { cli }));
      const file = join(world.folder, "saved.tar");
      await succeed(world.docker(["save", "-o", file, `${web}:1`], { cli }));
      await succeed(world.docker(["load", "-q", "-i", file], { cli }));
      const tar = await finish(spawn("tar", ["-C", world.rootfs, "-cf", `${file}2`, "."]));
      expect(tar.status).toBe(0);
      await succeed(world.docker(["import", `${file}2`, "mine:1"], { cli }));
      await succeed(world.docker(["tag", "mine:1", `${web}:mine`], { cli }));
      for (const name of ["mine:1", `${web}:mine`]) {
        const ran = await world.docker(["run", "--rm", "--network", "none", name], { cli });
        expect(ran.err).toContain("is not signed");
      }
      const id = (await succeed(world.docker(["create", `${web}:1`], { cli }))).out.trim();
      await succeed(world.docker(["commit", id, "mine:2"], { cli }));
      await succeed(world.docker(["rm", id], { cli }));
      expect((await world.docker(["run", "--rm", "mine:2"], { cli })).err).toContain("not signed");
    });

    test("a classic build streams through where the policy allows it, and is told why not", async () => {
      const context = join(world.folder, `context-${cli.length}`);
      await mkdir(context, { recursive: true });
      await writeFile(join(context, "Dockerfile"), "FROM scratch\nCOPY file /file\n");
      await writeFile(join(context, "file"), "y".repeat(1_000_000));
      const env = { DOCKER_BUILDKIT: "0" };
      const built = await world.docker(["build", "-q", "-t", "built:1", context], { cli, env });
      expect(built).toMatchObject({ status: 0 });
      world.build = { refuse: "builds start containers that nobody signed" };
      const refused = await world.docker(["build", "-t", "built:2", context], { cli, env });
      expect(refused.err).toContain("builds start containers that nobody signed");
    });
  });

  test("BuildKit is refused with what to use instead", async () => {
    const context = join(world.folder, "context-kit");
    await mkdir(context, { recursive: true });
    await writeFile(join(context, "Dockerfile"), "FROM scratch\n");
    const env = { DOCKER_BUILDKIT: "1" };
    const built = await world.docker(["build", context], { cli: "/usr/bin/docker", env });
    expect(built.status).not.toBe(0);
    expect(built.err).toContain("DOCKER_BUILDKIT=0");
  });

  test("events arrive as they happen", async () => {
    const events = world.start(["events", "--format", "{{.Type}} {{.Action}}"]);
    const seen = firstLine(events.stdout ?? Readable.from([]));
    const stopTagging = { now: false };
    const tagging = (async () => {
      while (!stopTagging.now) await world.direct("tag", `${web}:1`, "event:1");
    })();
    const line = await seen;
    stopTagging.now = true;
    await tagging;
    events.kill("SIGTERM");
    expect(line).toBe("image tag");
  });

  test("stats, top, wait and ps answer", async () => {
    const run = ["run", "-d", "--network", "none", `${web}:1`, "sleep", "60"];
    const id = (await succeed(world.docker(run))).out.trim();
    expect((await world.docker(["top", id])).out).toContain("sleep");
    expect((await world.docker(["ps", "-q", "--no-trunc"])).out).toContain(id);
    expect((await world.docker(["stats", "--no-stream", id])).status).toBe(0);
    const waiting = world.docker(["wait", id]);
    await succeed(world.docker(["kill", id]));
    expect(await waiting).toMatchObject({ status: 0, out: "137\n" });
    await succeed(world.docker(["rm", id]));
  });

  test("the container is made from the signed digest, whatever the tag means by now", async () => {
    await succeed(world.docker(["pull", "-q", `${web}:1`]));
    await succeed(
      world.direct(
        "import",
        "-c",
        `CMD ["cat","/text"]`,
        join(world.folder, "saved.tar2"),
        `${web}:1`,
      ),
    );
    const id = (
      await succeed(world.docker(["create", "--network", "none", `${web}:1`]))
    ).out.trim();
    const image = await succeed(world.direct("inspect", "-f", "{{.Image}} {{.Config.Image}}", id));
    expect(image.out.trim()).toBe(`${signed.id} ${web}@${signed.digest}`);
    await world.direct("rm", id);
  });

  test("an image ID runs when one of its digests is signed", async () => {
    await succeed(world.docker(["pull", "-q", `${web}:1`]));
    const hex = signed.id.slice("sha256:".length);
    for (const name of [signed.id, hex, hex.slice(0, 12)]) {
      const ran = await world.docker(["run", "--rm", "--network", "none", name]);
      expect(ran).toMatchObject({ status: 0, out: "signed\n" });
    }
    expect(world.judge.asked.at(-1)).toMatchObject({
      imageId: signed.id,
      localDigests: [`${web}@${signed.digest}`],
    });
    await world.direct("pull", "-q", `${web}:2`);
    for (const name of [other.id, other.id.slice(7, 19)]) {
      const ran = await world.docker(["run", "--rm", "--network", "none", name]);
      expect(ran.err).toContain("is not signed");
    }
    const unknown = await world.docker(["run", "--rm", "f".repeat(64)]);
    expect(unknown.status).toBe(125);
  });

  test("an image that the engine holds under a signed name but with another ID is refused", async () => {
    await succeed(world.docker(["pull", "-q", `${web}:1`]));
    world.judge.imageIds.set(signed.digest, [`sha256:${"0".repeat(64)}`]);
    const ran = await world.docker(["run", "--rm", "--network", "none", `${web}:1`]);
    world.judge.imageIds.set(signed.digest, [signed.id]);
    expect(ran.err).toContain("the engine holds something else");
  });

  test("with the policy off everything runs as written", async () => {
    world.judge.mode = "off";
    const ran = await world.docker(["run", "--rm", "--network", "none", `${web}:2`]);
    expect(ran).toMatchObject({ status: 0, out: "not signed\n" });
  });

  test("a judge that fails keeps the gate shut", async () => {
    world.judge.mode = "broken";
    for (const args of [
      ["run", "--rm", `${web}:1`],
      ["pull", `${web}:1`],
    ]) {
      const ran = await world.docker(args);
      expect(ran.status).not.toBe(0);
      expect(ran.err).toContain("could not be judged");
    }
  });

  test("registry credentials and bodies stay out of the log", async () => {
    const secret = Buffer.from(`{"username":"u","password":"hunter2"}`).toString("base64url");
    await world.ask("POST", `/v1.41/images/create?fromImage=${web}&tag=1`, {
      headers: { "x-registry-auth": secret },
    });
    await world.ask("POST", "/v1.41/containers/create", {
      body: JSON.stringify({ Image: `${web}:1`, Env: ["PASSWORD=hunter3"] }),
    });
    const log = world.logged.join("");
    expect(log).toContain("/images/create");
    expect(log).not.toContain(secret);
    expect(log).not.toContain("hunter");
  });
});

/** However many pieces it comes in. */
async function firstLine(stream: Readable): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  return "";
}
