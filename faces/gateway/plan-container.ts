import {
  containersOf,
  hostEscapesOf,
  imagesOf,
  single,
  withImages,
  type EngineBody,
} from "#domain/engine-api";
import type { Exchange, Parts } from "./exchange.ts";
import { pinLocal } from "./judge-image.ts";
import { permitContainer } from "./guard-container.ts";
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
    (await permitSharing(parts, exchange, body));
  if (denied !== undefined) return denied;
  const images: string[] = [];
  for (const use of uses) {
    const pinned = await pinLocal(parts, exchange, use.image);
    if (isRefusal(pinned)) return pinned;
    images.push(pinned.image);
  }
  return relayBody(
    exchange,
    withImages(body, (use, index) => images[index] ?? use.image),
  );
}

/** Sharing volumes or namespaces with a container that reaches the host reaches it too. */
async function permitSharing(
  parts: Parts,
  exchange: Exchange,
  body: EngineBody,
): Promise<Refusal | undefined> {
  if (may(exchange.caller, "full-control")) return undefined;
  for (const name of new Set(containersOf(body))) {
    const permitted = await permitContainer(parts, exchange, name);
    if (isRefusal(permitted)) return permitted;
  }
  return undefined;
}
