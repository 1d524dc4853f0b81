import { DockerError, type Engine as DockerEngine, type Workload } from "#adapters/docker";
import type { Options } from "#domain/kernel";
import type { Engine, RunningWorkload } from "#services/gatekeeper";

/** What runs on `engine`, for the gatekeeper. Tasks of a service are shown as the service, not one by one. */
export function runningWorkloads(engine: DockerEngine | undefined): Engine {
  return {
    async running(o) {
      if (engine === undefined) return undefined;
      try {
        const containers = await engine.listContainers(o);
        const services = await engine.listServices(o);
        const own = containers.filter((container) => container.serviceId === undefined);
        return await Promise.all(
          [...services, ...own].map((workload) => named(workload, engine, o)),
        );
      } catch (error) {
        if (error instanceof DockerError) return undefined; // it does not answer: nothing is known
        throw error;
      }
    },
  };
}

/** An engine shows an image by its ID once its name has moved on: then its digests say what it is. */
async function named(
  workload: Workload,
  engine: DockerEngine,
  o: Options,
): Promise<RunningWorkload> {
  const { kind, id, name, image, state } = workload;
  const isId = /^(?:sha256:)?[0-9a-f]{12,64}$/.test(image);
  if (!isId) return { kind, id, name, image, state };
  const found = await engine.inspectImage(image, o);
  return { kind, id, name, image, state, localDigests: found?.repoDigests ?? [] };
}
