import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { classify, isFormContentType } from "#domain/engine-api";
import { unreachable } from "#domain/kernel";
import { statusOf } from "./errors.ts";
import type { AskedRequest, Exchange, Parts } from "./exchange.ts";
import { guardContainer } from "./guard-container.ts";
import { identify } from "./identify.ts";
import { permit } from "./permit.ts";
import { planBuild } from "./plan-build.ts";
import { planContainerCreate } from "./plan-container.ts";
import { planDistribution, planWeighed } from "./plan-others.ts";
import { planImageCreate } from "./plan-pull.ts";
import { planServiceCreate, planServiceUpdate } from "./plan-service.ts";
import { planRestart, planStart, planUpdate } from "./plan-start.ts";
import type { Plan } from "./plan.ts";
import type { Caller } from "./ports.ts";
import { isRefusal, refuse, type Refusal } from "./refusal.ts";
import { relayAsked } from "./relay-plan.ts";

/**
 * The first half of the chain, the same for every request: who asks, what for, and may they. The order is
 * the policy: a stranger learns nothing about operations, a viewer nothing about images.
 */
export async function admit(
  request: IncomingMessage,
  parts: Parts,
  signal: AbortSignal,
): Promise<Exchange | Refusal> {
  const caller = await identify(request.socket as TLSSocket, parts.callers, { signal });
  if (isRefusal(caller)) return caller;
  const { method = "", url = "" } = request;
  return admitFrom(caller, { request, method, target: url }, parts, signal);
}

/** As `admit`, for a request whose sender is known. */
export async function admitFrom(
  caller: Caller,
  { request, method, target }: { request: AskedRequest; method: string; target: string },
  parts: Parts,
  signal: AbortSignal,
): Promise<Exchange | Refusal> {
  const asked = classify(method, target);
  const by = caller.account;
  if (asked.kind === "refused") return { ...refuse(statusOf(asked.code), asked.reason), by };
  const denied = refuseForm(request) ?? permit(caller, asked.operation.needs);
  if (denied !== undefined) return { ...denied, by, operation: asked.operation.path };
  return guardContainer(parts, { request, caller, asked, signal });
}

function refuseForm(request: AskedRequest): Refusal | undefined {
  return isFormContentType(request.headers["content-type"])
    ? refuse(400, "form bodies are not accepted: the engine would prefer them to the query")
    : undefined;
}

/** The second half: what this operation needs before it may reach the engine. */
export async function plan(exchange: Exchange, parts: Parts): Promise<Plan> {
  const { operation } = exchange.asked;
  switch (operation.class) {
    case "run":
      return planRun(parts, exchange);
    case "pull":
      return planImageCreate(parts, exchange);
    case "build":
      return planBuild(parts, exchange);
    case "plugin":
      return refuse(
        403,
        "engine plugins run with privileges of the host and cannot be judged: " +
          "an administrator installs them on the node itself",
      );
    case "manage":
      return planManage(parts, exchange);
    case "read":
      return operation.path === "/distribution/{name}/json"
        ? planDistribution(parts, exchange)
        : relayAsked(exchange);
    case "bring":
      return relayAsked(exchange);
    default:
      return unreachable(operation.class);
  }
}

async function planRun(parts: Parts, exchange: Exchange): Promise<Plan> {
  switch (exchange.asked.operation.path) {
    case "/containers/create":
      return planContainerCreate(parts, exchange);
    case "/services/create":
      return planServiceCreate(parts, exchange);
    case "/services/{id}/update":
      return planServiceUpdate(parts, exchange);
    default:
      return refuse(403, "this gateway cannot judge this operation, and refuses it");
  }
}

async function planManage(parts: Parts, exchange: Exchange): Promise<Plan> {
  switch (exchange.asked.operation.path) {
    case "/containers/{id}/exec":
      return planWeighed(exchange, "exec-create");
    case "/volumes/create":
      return planWeighed(exchange, "volume-create");
    case "/networks/create":
      return planWeighed(exchange, "network-create");
    case "/containers/{id}/start":
      return planStart(parts, exchange);
    case "/containers/{id}/restart":
    case "/containers/{id}/unpause":
      return planRestart(parts, exchange);
    case "/containers/{id}/update":
      return planUpdate(parts, exchange);
    default:
      return relayAsked(exchange);
  }
}
