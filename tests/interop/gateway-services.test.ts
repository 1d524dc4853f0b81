import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Digest } from "#domain/oci";
import { freePort, gatewayWorld, succeed, type GatewayWorld } from "../harness/engine-world.ts";
import { whyNoEngine } from "../harness/engine.ts";

const reason = whyNoEngine();
if (reason !== undefined) console.warn(`gateway service tests skipped: ${reason}`);

describe.skipIf(reason !== undefined)("services through the gateway", () => {
  let world: GatewayWorld;
  let web = "";
  let one: Digest;
  let two: Digest;

  beforeAll(async () => {
    world = await gatewayWorld();
    web = `${world.registry}/acme/web`;
    one = (await world.publish(`${web}:1`, "one\n")).digest;
    two = (await world.publish(`${web}:2`, "two\n")).digest;
    await world.publish(`${web}:3`, "not signed\n");
    // An address and a port of its own, beside other engines on this machine.
    const own = `127.77.${process.pid % 250}.${1 + (Math.trunc(process.pid / 250) % 250)}`;
    const init = [
      "swarm",
      "init",
      "--advertise-addr",
      own,
      "--listen-addr",
      `${own}:${await freePort()}`,
    ];
    await succeed(world.docker(init, { as: "root" }));
  });
  afterAll(() => world?.stop());
  afterEach(async () => {
    world.judge.mode = "enforce";
    world.judge.signed.clear();
    world.judge.signed.set(`${web}:1`, one).set(`${web}:2`, two);
    const names = (await world.direct("service", "ls", "-q")).out.split("\n").filter(Boolean);
    if (names.length > 0) await world.direct("service", "rm", ...names);
  });
  beforeAll(() => {
    world.judge.signed.set(`${web}:1`, one).set(`${web}:2`, two);
  });

  const image = async (name: string): Promise<string> => {
    const format = "{{.Spec.TaskTemplate.ContainerSpec.Image}}";
    return (await succeed(world.direct("service", "inspect", "-f", format, name))).out.trim();
  };
  const service = (...args: readonly string[]): ReturnType<GatewayWorld["docker"]> =>
    world.docker(["service", ...args]);
  const create = (...args: readonly string[]): ReturnType<GatewayWorld["docker"]> =>
    service("create", "-d", "--replicas", "0", ...args);

  test.for(["docker", "/usr/bin/docker"] as const)(
    "%s: a signed image is stored by its digest, another is refused",
    async (cli) => {
      const args = ["service", "create", "-d", "--replicas", "0", "--name", "web"];
      await succeed(world.docker([...args, `${web}:1`], { cli }));
      expect(await image("web")).toBe(`${web}@${one}`);
      const refused = await world.docker([...args.slice(0, -1), "bad", `${web}:3`], { cli });
      expect(refused.status).not.toBe(0);
      expect(refused.err).toContain("is not signed\nit needs signatures of qa and security");
    },
  );

  test("a tag that the client did not resolve is pinned all the same", async () => {
    await succeed(create("--name", "web", "--no-resolve-image", `${web}:1`));
    expect(await image("web")).toBe(`${web}@${one}`);
    expect((await create("--no-resolve-image", `${web}:3`)).err).toContain("is not signed");
  });

  test("the client's digest lookup answers what is signed, not what the tag means by now", async () => {
    world.judge.signed.set(`${web}:3`, one);
    await succeed(create("--name", "web", `${web}:3`));
    expect(await image("web")).toBe(`${web}@${one}`);
  });

  test("a service without replicas is judged as well", async () => {
    expect((await create("--name", "none", `${web}:3`)).err).toContain("is not signed");
    const job = ["service", "create", "-d", "--mode", "replicated-job", `${web}:3`];
    expect((await world.docker(job)).err).toContain("is not signed");
  });

  test("an update to another image is judged and pinned", async () => {
    await succeed(create("--name", "web", `${web}:1`));
    await succeed(service("update", "-d", "--image", `${web}:2`, "web"));
    expect(await image("web")).toBe(`${web}@${two}`);
    const refused = await service("update", "-d", "--image", `${web}:3`, "web");
    expect(refused.err).toContain("is not signed");
    expect(await image("web")).toBe(`${web}@${two}`);
  });

  test("an unchanged image may be scaled and labelled when it no longer passes, but not forced", async () => {
    await succeed(create("--name", "web", `${web}:1`));
    world.judge.signed.clear();
    await succeed(service("scale", "-d", "web=0"));
    await succeed(service("update", "-d", "--label-add", "a=b", "web"));
    const forced = await service("update", "-d", "--force", "web");
    expect(forced.err).toContain("is not signed");
  });

  test("an image that is stored without digest is judged at any change", async () => {
    await succeed(
      world.direct(
        ...["service", "create", "-d", "--replicas", "0", "--no-resolve-image"],
        ...["--name", "web", `${web}:3`],
      ),
    );
    const changed = await service("update", "-d", "--label-add", "a=b", "web");
    expect(changed.err).toContain("is not signed");
  });

  test("a rollback is judged by the specification that comes back, not by the one in the body", async () => {
    await succeed(create("--name", "web", `${web}:1`));
    await succeed(service("update", "-d", "--image", `${web}:2`, "web"));
    world.judge.signed.delete(`${web}:1`);
    const refused = await service("rollback", "-d", "web");
    expect(refused.err).toContain("is not signed");
    expect(await image("web")).toBe(`${web}@${two}`);
    world.judge.signed.set(`${web}:1`, one);
    await succeed(service("rollback", "-d", "web"));
    expect(await image("web")).toBe(`${web}@${one}`);
  });

  test("a rollback that leaves the image alone passes when it is no longer signed", async () => {
    await succeed(create("--name", "web", `${web}:1`));
    await succeed(service("update", "-d", "--label-add", "a=b", "web"));
    world.judge.signed.clear();
    await succeed(service("rollback", "-d", "web"));
    expect(await image("web")).toBe(`${web}@${one}`);
  });

  test("a rollback to what no digest holds is refused with what to do", async () => {
    const bare = ["service", "create", "-d", "--replicas", "0", "--no-resolve-image"];
    await succeed(world.direct(...bare, "--name", "web", `${web}:1`));
    await succeed(service("update", "-d", "--image", `${web}:2`, "web"));
    const refused = await service("rollback", "-d", "web");
    expect(refused.err).toContain(`docker service update --image ${web}@${one}`);
  });

  test("an update that would go back by itself is judged by what it goes back to as well", async () => {
    const back = ["--update-failure-action", "rollback"];
    await succeed(create("--name", "web", `${web}:1`));
    world.judge.signed.delete(`${web}:1`);
    const refused = await service("update", "-d", ...back, "--image", `${web}:2`, "web");
    expect(refused.err).toContain("should this update fail, it would go back by itself");
    expect(refused.err).toContain("is not signed");
    expect(await image("web")).toBe(`${web}@${one}`);
    await succeed(service("update", "-d", ...back, "--label-add", "a=b", "web"));
    const paused = ["--update-failure-action", "pause"];
    await succeed(service("update", "-d", ...paused, "--image", `${web}:2`, "web"));
    world.judge.signed.set(`${web}:1`, one);
    await succeed(service("update", "-d", ...back, "--image", `${web}:1`, "web"));
    expect(await image("web")).toBe(`${web}@${one}`);
  });

  test("restricted control deploys no service on a volume that is a folder of the host", async () => {
    const options = ["-o", "type=none", "-o", "o=bind", "-o", `device=${world.folder}`];
    await succeed(world.docker(["volume", "create", ...options, "folder"]));
    const mount = "type=volume,source=folder,target=/host";
    const args = ["service", "create", "-d", "--replicas", "0", "--mount", mount, `${web}:1`];
    const refused = await world.docker(args, { as: "limited" });
    expect(refused.err).toContain("volume folder reaches the host and needs full control");
    const log = ["service", "create", "-d", "--replicas", "0", "--log-driver", "syslog"];
    const loud = await world.docker([...log, `${web}:1`], { as: "limited" });
    expect(loud.err).toContain("TaskTemplate.LogDriver");
  });

  test("an update that races another is refused", async () => {
    await succeed(create("--name", "web", `${web}:1`));
    const body = JSON.stringify({
      Name: "web",
      TaskTemplate: { ContainerSpec: { Image: `${web}:1` } },
    });
    for (const query of ["version=1", "", "version=1&rollback=previous", "version=99999"]) {
      const answer = await world.ask("POST", `/v1.41/services/web/update?${query}`, { body });
      expect(answer.status).toBe(409);
    }
    const odd = await world.ask("POST", "/v1.41/services/web/update?version=1&rollback=Previous", {
      body,
    });
    expect(odd.status).toBe(400);
  });

  test.for([
    ["a plugin", { TaskTemplate: { Runtime: "plugin", PluginSpec: { Remote: "x" } } }],
    ["a network attachment", { TaskTemplate: { NetworkAttachmentSpec: { ContainerID: "x" } } }],
    ["nothing", { TaskTemplate: {} }],
  ] as const)("a service of %s is refused", async ([, spec]) => {
    const body = JSON.stringify({ Name: "x", ...spec });
    expect((await world.ask("POST", "/v1.41/services/create", { body })).status).toBe(400);
  });

  test("folded and repeated keys of a service are refused", async () => {
    const bad = JSON.stringify(`${web}:3`);
    for (const body of [
      `{"Name":"x","Ta\u017fkTemplate":{"Container\u017fPEC":{"Image":${bad}}}}`,
      `{"Name":"x","Tas\u212aTemplate":{"ContainerSpec":{"Image":${bad}}}}`,
      `{"Name":"x","TaskTemplate":{"ContainerSpec":{"Image":"${web}:1"}},"TaskTemplate":{"ContainerSpec":{"Image":${bad}}}}`,
      `{"Name":"x","TaskTemplate":{"ContainerSpec":{"Image":"${web}:1"},"containerspec":{"Image":${bad}}}}`,
    ])
      expect((await world.ask("POST", "/v1.41/services/create", { body })).status).toBe(400);
  });

  test.for([
    ["--mount", "type=bind,source=/,target=/host"],
    ["--mount", "type=bind,source=/var/run/docker.sock,target=/s"],
    ["--cap-add", "SYS_ADMIN"],
    ["--sysctl", "kernel.msgmax=1"],
    ["--network", "host"],
  ] as const)("restricted control gets no service with %s %s", async (flags) => {
    const args = ["service", "create", "-d", "--replicas", "0", ...flags, `${web}:1`];
    const refused = await world.docker(args, { as: "limited" });
    expect(refused.err).toContain("needs full control");
  });

  test("restricted control deploys plain services", async () => {
    const args = ["service", "create", "-d", "--replicas", "0", "--name", "plain", `${web}:1`];
    expect(await world.docker(args, { as: "limited" })).toMatchObject({ status: 0 });
  });

  test("a stack is judged service by service", async () => {
    const file = join(world.folder, "stack.yml");
    const stack = (tag: string): string =>
      `version: "3.8"\nservices:\n  web:\n    image: ${web}:${tag}\n    networks: [host]\n    deploy: {replicas: 0}\nnetworks: {host: {external: true, name: host}}\n`;
    await writeFile(file, stack("1"));
    await succeed(world.docker(["stack", "deploy", "-c", file, "s"]));
    expect(await image("s_web")).toBe(`${web}@${one}`);
    await succeed(world.docker(["stack", "deploy", "-c", file, "s"]));
    await writeFile(file, stack("3"));
    const refused = await world.docker(["stack", "deploy", "-c", file, "s"]);
    expect(refused.err).toContain("is not signed");
    const never = await world.docker([
      "stack",
      "deploy",
      "--resolve-image",
      "never",
      "-c",
      file,
      "s",
    ]);
    expect(never.err).toContain("is not signed");
  });

  test("a judge that fails lets no service through", async () => {
    world.judge.mode = "broken";
    expect((await create(`${web}:1`)).err).toContain("could not be judged");
  });

  test("what runs is listed with its image and digest", async () => {
    await succeed(create("--name", "listed", `${web}:1`));
    const o = { signal: AbortSignal.timeout(10_000) };
    expect(await world.engine.listServices(o)).toMatchObject([
      { kind: "service", name: "listed", image: `${web}@${one}`, digest: one },
    ]);
    expect(await world.engine.distribution(`${web}:1`, o)).toBe(one);
    await world.engine.pullByDigest({ repository: web, digest: one }, o);
    const made = await succeed(world.docker(["create", "--name", "made", `${web}:1`]));
    expect(await world.engine.listContainers({ ...o, all: true })).toMatchObject([
      { kind: "container", id: made.out.trim(), name: "made", digest: one, state: "created" },
    ]);
    await world.direct("rm", "made");
    expect(await world.engine.inspectImage("nosuch:1", o)).toBeUndefined();
    expect(await world.engine.ping(o)).toMatchObject({ apiVersion: expect.stringMatching(/^1\./) });
    expect(await world.engine.version(o)).toMatchObject({ os: "linux" });
    await expect(
      world.engine.pullByDigest({ repository: web, digest: `sha256:${"0".repeat(64)}` }, o),
    ).rejects.toMatchObject({ code: "docker/refused" });
  });
});
