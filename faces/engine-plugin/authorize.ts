import { unreachable, type Options } from "#domain/kernel";
import {
  admitFrom,
  isRefusal,
  plan,
  refusalOf,
  refuse,
  type Exchange,
  type Judge,
  type Parts,
  type Plan,
  type Refusal,
} from "#faces/gateway";
import { refuseUnlessAsWritten } from "./as-written.ts";
import { requestOf, type AuthzCall } from "./authz-call.ts";
import { callerOf, senderOf, type Sender } from "./caller-of.ts";
import type { EnginePluginParts } from "./ports.ts";
import { refuseOtherRuntime } from "./runtime.ts";

/**
 * Whether the engine may do what it is asked: undefined where it may. The chain is the gateway's own; what
 * it would relay must be what the engine has in hand already.
 */
export async function authorize(
  call: AuthzCall,
  parts: EnginePluginParts,
  o: Options,
): Promise<Refusal | undefined> {
  const sender = senderOf(call, parts.settings);
  if (sender === "own") return refuseChange(call);
  const about: { image?: string; operation?: string } = {};
  const refusal = await decide(call, sender, { parts, about }, o);
  if (refusal !== undefined && about.image !== undefined)
    parts.verdicts.refused({
      gate: "engine-plugin",
      operation: about.operation ?? "request",
      image: about.image,
      message: refusal.message,
    });
  return refusal;
}

async function decide(
  call: AuthzCall,
  sender: Sender,
  { parts, about }: { parts: EnginePluginParts; about: { image?: string; operation?: string } },
  o: Options,
): Promise<Refusal | undefined> {
  const chain: Parts = {
    engine: parts.engine,
    judge: noting(parts, about),
    callers: { identify: () => Promise.resolve(undefined) }, // the caller is known
    buildPolicy: () => Promise.resolve("allow"), // builds do not get that far
  };
  try {
    const { method, target } = call;
    const asked = { request: requestOf(call), method, target };
    const exchange = await admitFrom(callerOf(sender, parts.settings), asked, chain, o.signal);
    if (isRefusal(exchange)) return exchange;
    const denied = (await refuseOtherRuntime(call, exchange, parts, o)) ?? refuseUnseen(call);
    if (denied !== undefined) return denied;
    const planned = await planOf(exchange, sender, chain, parts);
    if (isRefusal(planned)) return isMissing(planned, exchange) ? undefined : planned;
    return await refuseUnlessAsWritten(call, exchange, planned, parts.engine, o);
  } catch (error) {
    return refusalOf(error) ?? refuse(500, "this request could not be judged, so it is refused");
  }
}

/** The engine says that an image is not there in a way that makes clients pull it; a start is judged anew. */
function isMissing({ status }: Refusal, { asked }: Exchange): boolean {
  return status === 404 && asked.operation.path === "/containers/create";
}

/** What the gateway refuses always, because it could not see, a node may be told to allow. */
async function planOf(
  exchange: Exchange,
  sender: Sender,
  chain: Parts,
  { settings }: EnginePluginParts,
): Promise<Plan> {
  const { operation } = exchange.asked;
  const pass: Plan = { kind: "relay", call: { method: operation.method, target: operation.path } };
  switch (operation.class) {
    case "build":
      return (sender === "gateway" && operation.path === "/build") || settings.allowBuilds
        ? pass
        : refuse(403, builds);
    case "plugin":
      return exchange.caller.isAdmin ? pass : refuse(403, plugins);
    case "read":
    case "run":
    case "pull":
    case "bring":
    case "manage":
      return plan(exchange, chain);
    default:
      return unreachable(operation.class);
  }
}

const builds =
  "what a build runs cannot be judged on this node: build elsewhere, push the image, and have it signed";
const plugins = "engine plugins run with privileges of the host: this node does not take them";

function noting(parts: EnginePluginParts, about: { image?: string; operation?: string }): Judge {
  return {
    async judge({ by: _by, ...request }, o) {
      about.image = request.image;
      about.operation = request.operation;
      const answer = await parts.verdicts.judge(request, o);
      return answer as Awaited<ReturnType<Judge["judge"]>>;
    },
  };
}

/** Our own questions only look. Whoever has learnt the secret gets no further with it. */
function refuseChange({ method }: AuthzCall): Refusal | undefined {
  return method === "GET" || method === "HEAD"
    ? undefined
    : refuse(403, "this process only asks questions");
}

/** A JSON body that the engine keeps from us, because it is too large, must not pass unseen. */
function refuseUnseen({ method, headers, body }: AuthzCall): Refusal | undefined {
  const isJson = /json/i.test(headers.get("content-type") ?? "");
  const length = headers.get("content-length");
  const isUnseen = method !== "GET" && isJson && body === undefined && length !== "0";
  return isUnseen && length !== undefined
    ? refuse(413, "the body is too large to be shown to the engine's plugin, so it is refused")
    : undefined;
}
