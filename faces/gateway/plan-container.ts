import {
  containersOf,
  hostEscapesOf,
  imagesOf,
  single,
  volumesOf,
  withContainers,
  withImages,
  type EngineBody,
} from "#domain/engine-api";
import type { Exchange, Parts } from "./exchange.ts";
import { pinLocal } from "./judge-image.ts";
import { permitContainer, permitVolumes } from "./guard-container.ts";
import { may, permitEscapes } from "./permit.ts";
import type { Plan } from "./plan.ts";
import { readBody } from "./read-body.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import { relayBody } from "./relay-plan.ts";

/** `POST /containers/create`: each image judged and pinned, what the engine holds confirmed. */
export async function planContainerCreate(parts: Parts, exchange: Exchange): Promise<Plan> {
  single(exchange.asked.query, "platform");
  const body = await readBody(exchange, "container-create");
  const uses = imagesOf(body);
  const denied =
    permitEscapes(exchange.caller, hostEscapesOf(body)) ??
    (await permitVolumes(parts, exchange, volumesOf(body)));
  if (denied !== undefined) return denied;
  const shared = await permitSharing(parts, exchange, body);
  if (isRefusal(shared)) return shared;
  const images: string[] = [];
  for (const use of uses) {
    const pinned = await pinLocal(parts, exchange, use.image);
    if (isRefusal(pinned)) return pinned;
    images.push(pinned.image);
  }
  return relayBody(
    exchange,
    withImages(shared, (use, index) => images[index] ?? use.image),
  );
}

/**
 * Sharing volumes or namespaces with a container that reaches the host reaches it too. What was looked at
 * is what is shared: a name could be another container's a moment later.
 */
async function permitSharing(
  parts: Parts,
  exchange: Exchange,
  body: EngineBody,
): Promise<EngineBody | Refusal> {
  if (may(exchange.caller, "full-control")) return body;
  const ids: string[] = [];
  for (const { container } of containersOf(body)) {
    const permitted = await permitContainer(parts, exchange, container);
    if (isRefusal(permitted)) return permitted;
    ids.push(permitted);
  }
  return withContainers(body, (use, index) => ids[index] ?? use.container);
}
