import { hostEscapesOf, type BodyKind } from "#domain/engine-api";
import type { Exchange, Parts } from "./exchange.ts";
import { judgeImage } from "./judge-image.ts";
import { permitEscapes } from "./permit.ts";
import type { Plan } from "./plan.ts";
import { readBody } from "./read-body.ts";
import { relayBody, relayWithoutBody } from "./relay-plan.ts";

/** An operation whose body may hold a way to the host: read, weighed, written again. */
export async function planWeighed(exchange: Exchange, kind: BodyKind): Promise<Plan> {
  const body = await readBody(exchange, kind);
  const denied = permitEscapes(exchange.caller, hostEscapesOf(body));
  return denied ?? relayBody(exchange, body);
}

/** `GET /distribution/{name}/json`: clients pin what it answers, so it answers what is signed. */
export async function planDistribution(parts: Parts, exchange: Exchange): Promise<Plan> {
  const { asked } = exchange;
  const image = asked.name ?? "";
  const judgement = await judgeImage(parts, exchange, { image, operation: "distribution" });
  return judgement.kind === "run"
    ? relayWithoutBody(exchange, { ...asked, name: judgement.reference })
    : relayWithoutBody(exchange);
}
