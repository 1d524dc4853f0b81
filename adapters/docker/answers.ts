import { z } from "zod";
import { isDigest, type Digest } from "#domain/oci";

const strings = z.array(z.string()).nullish();

export const Version = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  MinAPIVersion: z.string().optional(),
  Os: z.string(),
  Arch: z.string(),
});

export const Image = z.object({
  Id: z.string(),
  RepoDigests: strings,
  RepoTags: strings,
  Config: z.object({ OnBuild: strings }).nullish(),
});

export const Containers = z.array(
  z.object({
    Id: z.string(),
    Names: strings,
    Image: z.string(),
    ImageID: z.string(),
    State: z.string(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);

export const Container = z.object({
  Id: z.string(),
  Image: z.string(),
  Config: z.object({ Image: z.string() }),
  HostConfig: z.looseObject({}),
  Mounts: z.array(z.object({ Type: z.string(), Name: z.string().optional() })).nullish(),
});

export const Volume = z.object({
  Name: z.string(),
  Driver: z.string(),
  Options: z.record(z.string(), z.string()).nullish(),
});

export const Service = z.object({
  ID: z.string(),
  Version: z.object({ Index: z.int() }),
  Spec: z.looseObject({
    Name: z.string(),
    TaskTemplate: z.looseObject({
      ContainerSpec: z.looseObject({ Image: z.string() }).optional(),
    }),
  }),
  PreviousSpec: z.looseObject({}).optional(),
});
export const Services = z.array(Service);

export const Network = z.object({ Name: z.string(), Driver: z.string() });

export const Distribution = z.object({ Descriptor: z.object({ digest: z.string() }) });

/** The engine's words when it refuses. */
export const Problem = z.object({ message: z.string() });

/** The digest at the end of a reference, if it has one. */
export function digestIn(reference: string): Digest | undefined {
  const written = reference.slice(reference.indexOf("@") + 1);
  return isDigest(written) ? written : undefined;
}
