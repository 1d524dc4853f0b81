import { z } from "zod";
import { Policy } from "./policy.ts";

export const Status = z.object({
  version: z.string(),
  /** The host in every image name: `localhost:8443`. */
  registryHost: z.string(),
  /** What goes into `DOCKER_HOST`: `tcp://localhost:2376`. */
  gateway: z.string(),
  engine: z.object({
    state: z.enum(["ready", "unreachable", "none"]),
    version: z.string().optional(),
    detail: z.string().optional(),
  }),
  policy: Policy,
  /** What an administrator has to look at: sentences. Shown to administrators alone. */
  warnings: z.array(z.string()).optional(),
});
export type Status = z.infer<typeof Status>;
