import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { spawn } from "node:child_process";
import { createEngine, stopperOf, type Engine } from "#adapters/docker";
import { finish, succeed, type Ran } from "../harness/engine-world.ts";
import {
  makeTinyImageFolder,
  startEngine,
  whyNoEngine,
  type TestEngine,
} from "../harness/engine.ts";

const o = { signal: new AbortController().signal };
const reason = whyNoEngine();
if (reason !== undefined) console.warn(`tests of stopping skipped: ${reason}`);

describe.skipIf(reason !== undefined)("what lost its approval is stopped on a real engine", () => {
  let real: TestEngine;
  let engine: Engine;
  const docker = (...args: readonly string[]): Promise<Ran> =>
    finish(spawn("docker", ["-H", `unix://${real.socketPath}`, ...args]));
  const out = async (...args: readonly string[]): Promise<string> =>
    (await succeed(docker(...args))).out.trim();

  beforeAll(async () => {
    real = await startEngine();
    engine = createEngine({ socketPath: real.socketPath });
    const rootfs = await makeTinyImageFolder(real.folder);
    const script = `tar -C ${rootfs} -c . | docker -H unix://${real.socketPath} import - tiny:1`;
    await succeed(finish(spawn("sh", ["-c", script])));
  });
  afterAll(async () => {
    engine?.close();
    await real?.stop();
  });

  test("a container that always restarts stays away, and is stopped once", async () => {
    const run = ["run", "-d", "--restart", "always", "--network", "none", "--init=false"];
    const id = await out(
      ...run,
      "tiny:1",
      "sh",
      "-c",
      "trap 'exit 0' TERM; while true; do sleep 0.1; done",
    );
    const workload = { kind: "container", id } as const;
    expect(await stopperOf(engine).stop(workload, o)).toEqual({ kind: "stopped" });
    const shown = "{{.State.Running}} {{.HostConfig.RestartPolicy.Name}}";
    expect(await out("inspect", "-f", shown, id)).toBe("false no");
    expect(await stopperOf(engine).stop(workload, o)).toEqual({ kind: "stood-still" });
    await out("rm", "-f", id);
    expect(await stopperOf(engine).stop(workload, o)).toEqual({ kind: "stood-still" });
  });

  test("a service is scaled to no task and keeps the rest; a global one is told of", async () => {
    await out(
      "swarm",
      "init",
      "--advertise-addr",
      "127.0.0.1",
      "--listen-addr",
      "127.0.0.1:0",
    ).catch(() => out("swarm", "init", "--advertise-addr", "127.0.0.1"));
    const create = ["service", "create", "-d", "-q", "--no-resolve-image", "--network", "host"];
    const id = await out(...create, "--replicas", "2", "--env", "A=b", "tiny:1", "sleep", "1d");
    const stopper = stopperOf(engine);
    expect(await stopper.stop({ kind: "service", id }, o)).toEqual({ kind: "stopped" });
    const shown = "{{.Spec.Mode.Replicated.Replicas}} {{.Spec.TaskTemplate.ContainerSpec.Env}}";
    expect(await out("service", "inspect", "-f", shown, id)).toBe("0 [A=b]");
    expect(await stopper.stop({ kind: "service", id }, o)).toEqual({ kind: "stood-still" });
    const everywhere = await out(...create, "--mode", "global", "tiny:1", "sleep", "1d");
    expect(await stopper.stop({ kind: "service", id: everywhere }, o)).toMatchObject({
      kind: "not-stopped",
    });
    expect(await stopper.stop({ kind: "service", id: "none" }, o)).toEqual({ kind: "stood-still" });
  });
});
