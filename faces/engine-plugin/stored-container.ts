import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Options } from "#domain/kernel";

/** What an engine has written down about a container before it asks its runtime to make it. */
export type StoredContainer = {
  readonly imageId: string;
  /** As it was written in the request. */
  readonly image: string;
  readonly service: string | undefined;
};

export interface StoredContainers {
  /** Undefined where the engine has no such container. */
  container(id: string, o: Options): Promise<StoredContainer | undefined>;
  /** The repository digests of an image, as the engine has them on disk; none where it keeps them elsewhere. */
  digests(imageId: string, o: Options): Promise<readonly string[]>;
}

const Config = z.object({
  ID: z.string(),
  Image: z.string().min(1),
  Driver: z.string().optional(),
  Config: z.object({
    Image: z.string(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
});
const Repositories = z.object({
  Repositories: z.record(z.string(), z.record(z.string(), z.string())),
});

/**
 * Reads the engine's own files below its data root. Its API would not do: it holds the container while the
 * runtime makes it, and at boot it starts containers before it answers anybody.
 */
export function storedContainers(dataRoot: string): StoredContainers {
  let driver = "overlay2";
  return {
    async container(id, { signal }) {
      if (!/^[0-9a-f]{64}$/.test(id)) return undefined;
      const text = await tryRead(join(dataRoot, "containers", id, "config.v2.json"), signal);
      if (text === undefined) return undefined;
      const found = Config.parse(JSON.parse(text));
      if (found.ID !== id) return undefined;
      if (found.Driver !== undefined && /^[\w-]+$/.test(found.Driver)) driver = found.Driver;
      const service = found.Config.Labels?.["com.docker.swarm.service.name"];
      return { imageId: found.Image, image: found.Config.Image, service };
    },
    async digests(imageId, { signal }) {
      const text = await tryRead(join(dataRoot, "image", driver, "repositories.json"), signal);
      if (text === undefined) return [];
      const { Repositories: all } = Repositories.parse(JSON.parse(text));
      return Object.values(all).flatMap((names) =>
        Object.entries(names)
          .filter(([name, id]) => id === imageId && name.includes("@"))
          .map(([name]) => name),
      );
    },
  };
}

async function tryRead(path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await readFile(path, { encoding: "utf8", signal });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
