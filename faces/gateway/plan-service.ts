import type { StoredService } from "#adapters/docker";
import {
  at,
  hostEscapesOf,
  imagesOf,
  networksOf,
  single,
  storedServiceSpec,
  volumesOf,
  withImages,
  type EngineBody,
  type HostEscape,
} from "#domain/engine-api";
import type { Exchange, Parts } from "./exchange.ts";
import { permitVolumes } from "./guard-container.ts";
import { pinRemote } from "./judge-image.ts";
import { may, permitEscapes } from "./permit.ts";
import type { Plan } from "./plan.ts";
import type { GatewayOperation } from "./ports.ts";
import { readBody } from "./read-body.ts";
import { isRefusal, refuse, type Refusal } from "./refusal.ts";
import { relayBody } from "./relay-plan.ts";

/** `POST /services/create`: each image judged and pinned, for the nodes fetch it without asking us. */
export async function planServiceCreate(parts: Parts, exchange: Exchange): Promise<Plan> {
  const body = await readBody(exchange, "service-spec");
  imagesOf(body); // a service that is no container is refused before anything is looked up
  const denied = await permitSpec(parts, exchange, body);
  if (denied !== undefined) return denied;
  const pinned = await pinSpec(parts, exchange, { body, operation: "service-create" });
  return isRefusal(pinned) ? pinned : relayBody(exchange, pinned);
}

/** `POST /services/{id}/update`, rollback included. */
export async function planServiceUpdate(parts: Parts, exchange: Exchange): Promise<Plan> {
  const { query, name = "" } = exchange.asked;
  const rollback = single(query, "rollback") ?? "none";
  if (rollback !== "none" && rollback !== "previous")
    return refuse(400, "rollback is either none or previous");
  const body = await readBody(exchange, "service-spec");
  const stored = await parts.engine.inspectService(name, { signal: exchange.signal });
  if (stored === undefined) return refuse(404, `service ${name} not found`);
  // The engine compares this number again, so nothing changes between our look and its.
  if (single(query, "version") !== String(stored.versionIndex))
    return refuse(409, `update out of sequence: service ${name} has changed; try again`);
  return rollback === "previous"
    ? planRollback(parts, exchange, stored)
    : planChange(parts, exchange, { stored, body });
}

async function planChange(
  parts: Parts,
  exchange: Exchange,
  { stored, body }: { readonly stored: StoredService; readonly body: EngineBody },
): Promise<Plan> {
  imagesOf(body);
  const denied = await permitSpec(parts, exchange, body);
  if (denied !== undefined) return denied;
  const current = storedServiceSpec(stored.spec);
  const isForced = forceOf(current) !== forceOf(body);
  if (!isForced && arePinnedAlike(current, body)) return relayBody(exchange, body);
  const pinned = await pinSpec(parts, exchange, { body, operation: "service-update" });
  if (isRefusal(pinned)) return pinned;
  const returning = goesBack(body) ? await judgePrevious(parts, exchange, current) : undefined;
  if (returning === undefined) return relayBody(exchange, pinned);
  const advice = "should this update fail, it would go back by itself (--update-failure-action)";
  return { ...returning, message: `${advice}:\n${returning.message}` };
}

/** Whether the manager would return to what runs now when the update fails, asking nobody. */
function goesBack(body: EngineBody): boolean {
  return at(body.value, ["UpdateConfig", "FailureAction"]) === "rollback";
}

/** The manager runs the specification that it keeps, whatever the body says: so that one is judged. */
async function planRollback(
  parts: Parts,
  exchange: Exchange,
  stored: StoredService,
): Promise<Plan> {
  if (stored.previousSpec === undefined)
    return refuse(400, "this service has no previous specification to roll back to");
  const current = storedServiceSpec(stored.spec);
  const previous = storedServiceSpec(stored.previousSpec);
  const denied = await permitSpec(parts, exchange, previous);
  if (denied !== undefined) return denied;
  if (arePinnedAlike(current, previous)) return relayBody(exchange, current);
  return (await judgePrevious(parts, exchange, previous)) ?? relayBody(exchange, current);
}

/** Why a specification that the manager keeps may not run again. */
async function judgePrevious(
  parts: Parts,
  exchange: Exchange,
  previous: EngineBody,
): Promise<Refusal | undefined> {
  for (const { image } of imagesOf(previous)) {
    const pinned = await pinRemote(parts, exchange, { image, operation: "service-rollback" });
    if (isRefusal(pinned)) return pinned;
    if (pinned.image !== image && digestOf(pinned.image) !== digestOf(image))
      return refuse(
        403,
        `the previous specification names ${image}, and what is signed is ${pinned.image}; ` +
          `deploy that with docker service update --image ${pinned.image}`,
      );
  }
  return undefined;
}

async function pinSpec(
  parts: Parts,
  exchange: Exchange,
  { body, operation }: { readonly body: EngineBody; readonly operation: GatewayOperation },
): Promise<EngineBody | Refusal> {
  const images: string[] = [];
  for (const { image } of imagesOf(body)) {
    const pinned = await pinRemote(parts, exchange, { image, operation });
    if (isRefusal(pinned)) return pinned;
    images.push(pinned.image);
  }
  return withImages(body, (use, index) => images[index] ?? use.image);
}

async function permitSpec(
  parts: Parts,
  exchange: Exchange,
  body: EngineBody,
): Promise<Refusal | undefined> {
  const { caller } = exchange;
  const denied = permitEscapes(caller, hostEscapesOf(body));
  if (denied !== undefined || may(caller, "full-control")) return denied;
  const escapes: HostEscape[] = [];
  for (const network of new Set(networksOf(body))) {
    const found = await parts.engine.inspectNetwork(network, { signal: exchange.signal });
    if (network === "host" || found?.driver === "host")
      escapes.push({ setting: "the host's network", needs: "full-control" });
  }
  return permitEscapes(caller, escapes) ?? permitVolumes(parts, exchange, volumesOf(body));
}

/** Whether two specifications name the same images, each by a digest that no registry can move. */
function arePinnedAlike(a: EngineBody, b: EngineBody): boolean {
  const images = imagesOf(a);
  const others = imagesOf(b);
  return (
    images.length === others.length &&
    images.every(
      ({ image, path }, index) =>
        digestOf(image) !== undefined &&
        others[index]?.image === image &&
        others[index].path.join("/") === path.join("/"),
    )
  );
}

function digestOf(image: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
}

function forceOf(body: EngineBody): number {
  const force = at(body.value, ["TaskTemplate", "ForceUpdate"]);
  return typeof force === "number" ? force : 0;
}
