import { DockerError, type Workload } from "#adapters/docker";
import { expect, test } from "vitest";
import { runningWorkloads } from "./running-workloads.ts";

const o = { signal: new AbortController().signal };
const container = (name: string, more: Partial<Workload> = {}): Workload => ({
  kind: "container",
  id: `id of ${name}`,
  name,
  image: "registry.lab/acme/web:1",
  imageId: "sha256:one",
  state: "running",
  ...more,
});
const service: Workload = {
  kind: "service",
  id: "shop",
  name: "shop",
  image: "registry.lab/acme/shop:1",
  state: "service",
};

/** An engine with these containers beside the service; `asked` are the images that were looked at. */
function engineWith(containers: readonly Workload[]) {
  const asked: string[] = [];
  const running = runningWorkloads({
    listContainers: () => Promise.resolve(containers),
    listServices: () => Promise.resolve([service]),
    inspectImage: (id) => {
      asked.push(id);
      return Promise.resolve({ id, repoDigests: [`registry.lab/acme/web@${id}`], repoTags: [] });
    },
  });
  return { asked, names: async () => (await running.running(o))?.map(({ name }) => name) };
}

test("a task is shown as its service, and each image is asked for once", async () => {
  const task = container("shop.1", { serviceId: "shop", image: service.image });
  const engine = engineWith([task, container("a"), container("b")]);
  expect(await engine.names()).toEqual(["shop", "a", "b"]);
  expect(engine.asked).toEqual(["sha256:one"]);
});

test("a label does not hide a container that runs something else than the service", async () => {
  const hidden = container("hidden", { serviceId: "shop" });
  const stray = container("stray", { serviceId: "no such service" });
  expect(await engineWith([hidden, stray]).names()).toEqual(["shop", "hidden", "stray"]);
});

test("of an engine that does not answer nothing is known", async () => {
  const away = (): Promise<never> =>
    Promise.reject(new DockerError("docker/unreachable", "the engine does not answer"));
  const engine = { listContainers: away, listServices: away, inspectImage: away };
  expect(await runningWorkloads(engine).running(o)).toBeUndefined();
});
