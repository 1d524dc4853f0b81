import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseRepositoryName } from "#domain/oci";
import {
  passwords,
  registryWorld,
  type RegistryWorld,
} from "../../faces/registry/testing/registry-world.ts";
import { dockerCli, dockerPrograms, type DockerCli } from "../harness/docker-cli.ts";
import { makeTinyImageFolder, startEngine, type TestEngine } from "../harness/engine.ts";
import { noEngine } from "../harness/peers.ts";
import { mustRun } from "../harness/peers-run.ts";

const o = { signal: new AbortController().signal };

describe.skipIf(noEngine())("a Docker engine", () => {
  let world: RegistryWorld;
  let engine: TestEngine;
  let folder = "";
  beforeAll(async () => {
    world = await registryWorld();
    engine = await startEngine();
    folder = await mkdtemp(join(tmpdir(), "countersign-image-"));
    const rootfs = await makeTinyImageFolder(folder);
    await mustRun("tar", ["-C", rootfs, "-cf", join(folder, "image.tar"), "."]);
    const at = ["-H", `unix://${engine.socketPath}`];
    await mustRun("docker", [...at, "import", join(folder, "image.tar"), "tiny:1"]);
  });
  afterAll(async () => {
    await engine.stop();
    await world[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const client = (program: string): Promise<DockerCli> =>
    dockerCli({ program, env: { DOCKER_HOST: `unix://${engine.socketPath}` } });
  const signIn = (docker: DockerCli, account: string, password = passwords.get(account)) =>
    docker.run(["login", "-u", account, "--password-stdin", world.host], { input: password ?? "" });

  test.for(dockerPrograms())("%s signs in, pushes, and pulls what it pushed", async (program) => {
    await using docker = await client(program);
    const name = `acme/tiny-${dockerPrograms().indexOf(program)}`;
    const image = `${world.host}/${name}:1`;
    expect((await signIn(docker, "alice", "wrong")).err).toMatch(/incorrect username or password/);
    expect((await signIn(docker, "alice")).exitCode).toBe(0);
    await docker.must(["tag", "tiny:1", image]);
    await docker.must(["push", image]);
    const [record] = await world.registry.tags(parseRepositoryName(name), o);
    expect(record).toMatchObject({ tag: "1", pushedBy: "alice" });
    const digest = record?.digest ?? "";
    const id = (await docker.must(["image", "inspect", "-f", "{{.Id}}", image])).trim();
    if (record !== undefined)
      expect(await world.registry.imageIds(parseRepositoryName(name), record.digest, o)).toEqual([
        id,
      ]);
    await docker.must(["rmi", image]);
    await docker.must(["pull", image]);
    await docker.must(["pull", `${world.host}/${name}@${digest}`]);
    expect(await docker.must(["run", "--rm", "--network=none", image, "echo", "hi"])).toBe("hi\n");
    await docker.must(["rmi", image]);
  });

  test("who may not push or read is told so", async () => {
    await using docker = await client("docker");
    const image = `${world.host}/acme/denied:1`;
    await docker.must(["tag", "tiny:1", image]);
    await signIn(docker, "bob");
    const pushed = await docker.run(["push", image]);
    expect(pushed.exitCode).not.toBe(0);
    expect(pushed.err).toMatch(/denied|unauthorized/);
    await docker.must(["logout", world.host]);
    const pulled = await docker.run(["pull", `${world.host}/acme/denied:2`]);
    expect(pulled.err).toMatch(/denied|unauthorized|authentication required/);
  });

  test("anybody pulls what is public", async () => {
    await using docker = await client("docker");
    const image = `${world.host}/acme/open:1`;
    await signIn(docker, "alice");
    await docker.must(["tag", "tiny:1", image]);
    await docker.must(["push", image]);
    await docker.must(["rmi", image]);
    await docker.must(["logout", world.host]);
    expect((await docker.run(["pull", image])).exitCode).not.toBe(0);
    await world.registry.setVisibility(parseRepositoryName("acme/open"), "public", o);
    await docker.must(["pull", image]);
  });
});
