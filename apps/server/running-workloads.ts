import { DockerError, type Engine as DockerEngine, type Workload } from "#adapters/docker";
import type { Options } from "#domain/kernel";
import type { Engine, RunningWorkload } from "#services/gatekeeper";

type Asked = Pick<DockerEngine, "listContainers" | "listServices" | "inspectImage">;

/** What runs on `engine`, for the gatekeeper. Tasks of a service are shown as the service, not one by one. */
export function runningWorkloads(engine: Asked | undefined): Engine {
  return {
    async running(o) {
      if (engine === undefined) return undefined;
      try {
        const containers = await engine.listContainers(o);
        const services = await engine.listServices(o);
        return await named([...services, ...besides(services, containers)], engine, o);
      } catch (error) {
        if (error instanceof DockerError) return undefined; // it does not answer: nothing is known
        throw error;
      }
    },
  };
}

/**
 * The containers that no service stands for. Whose task a container is stands in a label, which anybody can
 * write: it is left out only where it runs just what that service is shown with.
 */
function besides(
  services: readonly Workload[],
  containers: readonly Workload[],
): readonly Workload[] {
  const imageOf = new Map(services.map(({ id, image }) => [id, image]));
  return containers.filter(
    ({ serviceId, image }) => serviceId === undefined || imageOf.get(serviceId) !== image,
  );
}

/**
 * A container keeps the name it was asked for, but runs an image ID: where the name is not a digest, what it
 * runs is told by the digests the engine has for that ID. The tag may have been signed for other content since.
 * Many containers run few images: each image is asked for once, one after another.
 */
async function named(
  workloads: readonly Workload[],
  engine: Asked,
  o: Options,
): Promise<readonly RunningWorkload[]> {
  const digestsOf = new Map<string, readonly string[]>();
  const all: RunningWorkload[] = [];
  for (const { kind, id, name, image, imageId, digest, state } of workloads) {
    const shown = { kind, id, name, image, state };
    if (imageId === undefined || digest !== undefined) {
      all.push(shown);
      continue;
    }
    const known = digestsOf.get(imageId);
    const localDigests = known ?? (await engine.inspectImage(imageId, o))?.repoDigests ?? [];
    digestsOf.set(imageId, localDigests);
    all.push({ ...shown, localDigests });
  }
  return all;
}
