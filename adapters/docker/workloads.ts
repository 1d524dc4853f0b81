import type { z } from "zod";
import { digestIn, type Containers, type Services } from "./answers.ts";
import type { Workload } from "./ports.ts";

export function containerOf(found: z.infer<typeof Containers>[number]): Workload {
  const digest = digestIn(found.Image);
  const serviceId = found.Labels?.["com.docker.swarm.service.id"];
  return {
    kind: "container",
    id: found.Id,
    name: (found.Names?.[0] ?? found.Id).replace(/^\//, ""),
    image: found.Image,
    imageId: found.ImageID,
    ...(digest === undefined ? {} : { digest }),
    state: found.State,
    ...(serviceId === undefined ? {} : { serviceId }),
  };
}

export function serviceOf(found: z.infer<typeof Services>[number]): Workload {
  const image = found.Spec.TaskTemplate.ContainerSpec?.Image ?? "";
  const digest = digestIn(image);
  return {
    kind: "service",
    id: found.ID,
    name: found.Spec.Name,
    image,
    ...(digest === undefined ? {} : { digest }),
    state: "service",
  };
}
