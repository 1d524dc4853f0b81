import { readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gatewayWorld, succeed, type GatewayWorld } from "../harness/engine-world.ts";
import { whyNoEngine } from "../harness/engine.ts";

const reason = whyNoEngine();
if (reason !== undefined) console.warn(`attacks on restricted control skipped: ${reason}`);

const as = "limited";
const needsMore = /needs full control|received 403/;

describe.skipIf(reason !== undefined)("restricted control", () => {
  let world: GatewayWorld;
  let good = "";
  const mine = (...args: readonly string[]): ReturnType<GatewayWorld["docker"]> =>
    world.docker(args, { as });

  beforeAll(async () => {
    world = await gatewayWorld();
    good = `${world.registry}/acme/web:1`;
    const signed = await world.publish(good, "signed\n");
    world.judge.signed.set(good, signed.digest);
    world.judge.imageIds.set(signed.digest, [signed.id]);
    await succeed(world.docker(["pull", "-q", good]));
    await writeFile(join(world.folder, "secret"), "of the host\n");
    const options = ["-o", "type=none", "-o", "o=bind", "-o", `device=${world.folder}`];
    await succeed(world.docker(["volume", "create", ...options, "host-folder"]));
  });
  afterAll(() => world?.stop());

  test.for([
    [["-v", "host-folder:/host"]],
    [["--mount", "type=volume,source=host-folder,target=/host"]],
  ] as const)("mounts no volume that is a folder of the host: %j", async ([flags]) => {
    const ran = await mine(
      "run",
      "--rm",
      "--network",
      "none",
      ...flags,
      good,
      "cat",
      "/host/secret",
    );
    expect(ran.out).toBe("");
    expect(ran.err).toContain("volume host-folder reaches the host and needs full control");
  });

  test("stays out of a container whose volume is a folder of the host", async () => {
    const run = ["run", "-d", "--network", "none", "-v", "host-folder:/host", good, "sleep", "60"];
    const direct = (await succeed(world.docker(run))).out.trim();
    const through = [
      "run",
      "-d",
      "--network",
      "none",
      "--volumes-from",
      direct,
      good,
      "sleep",
      "60",
    ];
    const second = (await succeed(world.docker(through))).out.trim();
    for (const id of [direct, second])
      for (const args of [
        ["cp", `${id}:/host/secret`, join(world.folder, "stolen")],
        ["attach", "--no-stdin", id],
        ["run", "--rm", "--network", "none", "--volumes-from", id, good, "cat", "/host/secret"],
      ])
        expect((await mine(...args)).err).toMatch(needsMore);
    await succeed(world.docker(["rm", "-f", direct, second]));
  });

  test("stays out of a container that took a folder of the host from another", async () => {
    const bind = ["run", "-d", "--network", "none", "-v", `${world.folder}:/host`];
    const first = (await succeed(world.docker([...bind, good, "sleep", "60"]))).out.trim();
    const through = [
      "run",
      "-d",
      "--network",
      "none",
      "--volumes-from",
      first,
      good,
      "sleep",
      "60",
    ];
    const second = (await succeed(world.docker(through))).out.trim();
    const copied = await mine("cp", `${second}:/host/secret`, join(world.folder, "stolen"));
    expect(copied.err).toMatch(needsMore);
    await succeed(world.docker(["rm", "-f", first, second]));
  });

  test("shares the container that was looked at, whatever is called so later", async () => {
    const plain = ["run", "-d", "--network", "none", "--name", "looked-at", good, "sleep", "60"];
    const id = (await succeed(mine(...plain))).out.trim();
    const made = await succeed(
      mine("create", "--network", "container:looked-at", "--volumes-from", "looked-at:ro", good),
    );
    const shown = await succeed(
      world.direct(
        "inspect",
        "-f",
        "{{json .HostConfig.VolumesFrom}} {{.HostConfig.NetworkMode}}",
        made.out.trim(),
      ),
    );
    expect(shown.out.trim()).toBe(`["${id}:ro"] container:${id}`);
    await succeed(world.direct("rm", "-f", made.out.trim(), id));
  });

  test.for([
    ["macvlan", ["-d", "macvlan", "-o", "parent=lo"]],
    ["ipvlan", ["-d", "ipvlan", "-o", "parent=lo"]],
    ["a bridge of the host", ["-o", "com.docker.network.bridge.name=host-bridge"]],
  ] as const)("makes no network on an interface of the host: %s", async ([, flags]) => {
    const made = await mine("network", "create", ...flags, "reaching");
    expect(made.err).toContain("reaches the host and needs full control");
  });

  test("makes networks of its own", async () => {
    const body = JSON.stringify({ Name: "own", Driver: "bridge", CheckDuplicate: true });
    const made = await world.ask("POST", "/v1.41/networks/create", { as, body });
    expect(made.body).not.toContain("access denied");
    await world.direct("network", "rm", "own");
  });

  test("does not get into the host's network by its ID", async () => {
    const id = (
      await succeed(world.direct("network", "inspect", "-f", "{{.Id}}", "host"))
    ).out.trim();
    const hosts = await readlink("/proc/self/ns/net");
    for (const network of [id, id.slice(0, 12), "HOST"]) {
      const look = ["ls", "-l", "/proc/self/ns/net"];
      const ran = await mine("run", "--rm", "--network", network, good, ...look);
      expect(ran.out).not.toContain(hosts);
    }
    const made = (await succeed(mine("create", "--network", "none", good))).out.trim();
    await mine("network", "disconnect", "none", made);
    expect((await mine("network", "connect", id, made)).status).not.toBe(0);
    await succeed(world.direct("rm", "-f", made));
  });

  test.for([
    ["--log-driver=syslog", "--log-opt=syslog-address=unix:///run/docker.sock"],
    ["--log-driver=fluentd", "--log-opt=fluentd-address=127.0.0.1:22"],
    ["--log-opt=syslog-address=unix:///run/docker.sock"],
  ])("has the engine send no logs to the host: %j", async (flags) => {
    const ran = await mine("run", "--rm", "--network", "none", ...flags, good);
    expect(ran.err).toContain("HostConfig.LogConfig reaches the host and needs full control");
  });

  test("keeps logs where the engine keeps them", async () => {
    const flags = ["--log-driver=json-file", "--log-opt=max-size=1m"];
    expect((await mine("run", "--rm", "--network", "none", ...flags, good)).out).toBe("signed\n");
    expect((await mine("run", "--rm", "--network", "none", "-v", "plain:/data", good)).status).toBe(
      0,
    );
  });

  test("no process from a checkpoint runs in the place of an image", async () => {
    const made = (await succeed(mine("create", "--network", "none", good))).out.trim();
    for (const query of [
      "checkpoint=x",
      "checkpoint=x&checkpoint-dir=/tmp",
      "checkpoint-dir=/tmp",
    ]) {
      const answer = await world.ask("POST", `/v1.41/containers/${made}/start?${query}`);
      expect(answer).toMatchObject({ status: 403 });
    }
    await succeed(world.direct("rm", "-f", made));
  });
});
