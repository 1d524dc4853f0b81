import type { StoredContainer } from "#adapters/docker";
import { at, hostEscapesOf } from "#domain/engine-api";
import { isDigest } from "#domain/oci";
import { unreachable } from "#domain/kernel";
import type { Exchange, Parts } from "./exchange.ts";
import { judgeImage } from "./judge-image.ts";
import { permitEscapes } from "./permit.ts";
import type { Plan } from "./plan.ts";
import { readBody } from "./read-body.ts";
import { isRefusal, refuse, type Refusal } from "./refusal.ts";
import { hasBody, relayBody, relayWithoutBody } from "./relay-plan.ts";

/** `POST /containers/{id}/start`: old engines read host settings from its body. */
export async function planStart(parts: Parts, exchange: Exchange): Promise<Plan> {
  const { query } = exchange.asked;
  // A checkpoint is a process as it was, from a folder that the client names: not the image's.
  if (query.has("checkpoint") || query.has("checkpoint-dir"))
    return refuse(403, "starting from a checkpoint is not possible here: it cannot be judged");
  if (hasBody(exchange))
    return refuse(
      400,
      "starting a container with settings of its own is not supported: create it anew",
    );
  return planRestart(parts, exchange);
}

/**
 * `POST /containers/{id}/restart` and `/unpause`: a container may be older than the policy, or than the end
 * of a signature, so the image that it was made from is judged as things are now.
 */
export async function planRestart(parts: Parts, exchange: Exchange): Promise<Plan> {
  const id = await admitContainer(parts, exchange);
  return isRefusal(id) ? id : relayWithoutBody(exchange, { ...exchange.asked, name: id });
}

/** `POST /containers/{id}/update`: with a restart policy, the engine will start the container by itself. */
export async function planUpdate(parts: Parts, exchange: Exchange): Promise<Plan> {
  const body = await readBody(exchange, "container-update");
  const denied = permitEscapes(exchange.caller, hostEscapesOf(body));
  if (denied !== undefined) return denied;
  const policy = at(body.value, ["RestartPolicy", "Name"]) ?? "";
  if (policy === "" || policy === "no") return relayBody(exchange, body);
  const id = await admitContainer(parts, exchange);
  return isRefusal(id) ? id : relayBody(exchange, body, { ...exchange.asked, name: id });
}

/** The ID of the container that is asked for, when what it was made from may run now. */
async function admitContainer(parts: Parts, exchange: Exchange): Promise<string | Refusal> {
  const { asked, signal } = exchange;
  const found = await parts.engine.inspectContainer(asked.name ?? "", { signal });
  if (found === undefined) return refuse(404, `No such container: ${asked.name ?? ""}`);
  const judgement = await judgeImage(parts, exchange, {
    image: found.image,
    operation: "container-start",
    imageId: found.imageId,
    localDigests: await digestsOf(parts, exchange, found),
  });
  switch (judgement.kind) {
    case "refuse":
      return refuse(403, judgement.message);
    case "run": {
      const { imageIds, digest, reference } = judgement;
      const isForged =
        imageIds !== undefined && !imageIds.includes(found.imageId) && found.imageId !== digest;
      if (isForged)
        return refuse(403, `this container was made from something else than ${reference}`);
      break;
    }
    case "as-written":
      break;
    default:
      return unreachable(judgement);
  }
  return found.id;
}

/** The repository digests behind a container; its image may have lost its names since. */
async function digestsOf(
  parts: Parts,
  { signal }: Exchange,
  { image, imageId }: StoredContainer,
): Promise<readonly string[]> {
  const held = await parts.engine.inspectImage(imageId, { signal });
  const isPinned = image.includes("@") && isDigest(image.slice(image.indexOf("@") + 1));
  return [...new Set([...(isPinned ? [image] : []), ...(held?.repoDigests ?? [])])];
}
