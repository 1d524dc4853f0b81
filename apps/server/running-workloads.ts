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

/**
 * A container keeps the name it was asked for, but runs an image ID: where the name is not a digest, what it
 * runs is told by the digests the engine has for that ID. The tag may have been signed for other content since.
 */
async function named(
  workload: Workload,
  engine: DockerEngine,
  o: Options,
): Promise<RunningWorkload> {
  const { kind, id, name, image, imageId, digest, state } = workload;
  if (imageId === undefined || digest !== undefined) return { kind, id, name, image, state };
  const found = await engine.inspectImage(imageId, o);
  return { kind, id, name, image, state, localDigests: found?.repoDigests ?? [] };
}
