import { hostEscapesOf, imagesOf, single, withImages } from "#domain/engine-api";
import type { Exchange, Parts } from "./exchange.ts";
import { pinLocal } from "./judge-image.ts";
import { permitEscapes } from "./permit.ts";
import type { Plan } from "./plan.ts";
import { readBody } from "./read-body.ts";
import { isRefusal } from "./refusal.ts";
import { relayBody } from "./relay-plan.ts";

/** `POST /containers/create`: each image judged and pinned, what the engine holds confirmed. */
export async function planContainerCreate(parts: Parts, exchange: Exchange): Promise<Plan> {
  single(exchange.asked.query, "platform");
  const body = await readBody(exchange, "container-create");
  const uses = imagesOf(body);
  const denied = permitEscapes(exchange.caller, hostEscapesOf(body));
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
