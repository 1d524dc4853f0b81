import { isDigest } from "#domain/oci";
import { unreachable, type Options } from "#domain/kernel";
import type { EnginePluginParts } from "./ports.ts";
import type { StoredContainer } from "./stored-container.ts";

/** Why the runtime must not make this container; undefined where it may. */
export async function refuseContainer(
  id: string,
  parts: EnginePluginParts,
  o: Options,
): Promise<string | undefined> {
  const found = await parts.containers.container(id, o);
  if (found === undefined) return "this is no container of the engine that this node guards";
  const localDigests = await digestsOf(found, parts, o);
  const { image, imageId } = found;
  const asked = { image: image === "" ? imageId : image, imageId, localDigests };
  const message = await judge(asked, parts, o);
  if (message === undefined) return undefined;
  const service = found.service === undefined ? "" : ` of service ${found.service}`;
  parts.verdicts.refused({
    gate: "runtime-guard",
    operation: `container${service}`.slice(0, 100),
    image: asked.image,
    localDigests,
    message,
  });
  return message;
}

async function judge(
  asked: {
    readonly image: string;
    readonly imageId: string;
    readonly localDigests: readonly string[];
  },
  { verdicts }: EnginePluginParts,
  o: Options,
): Promise<string | undefined> {
  const answer = await verdicts.judge({ ...asked, operation: "container-start" }, o);
  switch (answer.kind) {
    case "as-written":
      return undefined;
    case "refuse":
      return answer.message;
    case "run": {
      const { imageIds, digest, reference } = answer;
      const isForged =
        imageIds !== undefined && !imageIds.includes(asked.imageId) && asked.imageId !== digest;
      return isForged ? `this container is of something else than ${reference}` : undefined;
    }
    default:
      return unreachable(answer);
  }
}

/** Every name by digest that the image has here, and the one that it was asked for by. */
async function digestsOf(
  { image, imageId }: StoredContainer,
  { containers, engine }: EnginePluginParts,
  o: Options,
): Promise<readonly string[]> {
  const isPinned = image.includes("@") && isDigest(image.slice(image.indexOf("@") + 1));
  const onDisk = await containers.digests(imageId, o);
  const known = [...(isPinned ? [image] : []), ...onDisk];
  // Engines with containerd's image store keep no such file; they do answer while a container is made.
  const held = known.length > 0 ? undefined : await engine.inspectImage(imageId, o);
  return [...new Set([...known, ...(held?.repoDigests ?? [])])];
}
