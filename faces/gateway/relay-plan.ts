import type { EngineCall } from "#adapters/docker";
import {
  formatTarget,
  writeEngineBody,
  type Classified,
  type EngineBody,
} from "#domain/engine-api";
import { unreachable } from "#domain/kernel";
import type { Exchange } from "./exchange.ts";
import { headersToEngine } from "./headers.ts";
import type { Plan } from "./plan.ts";
import { readOther } from "./read-body.ts";

/** Passes a request on in its canonical form, its body as far as the operation has one. */
export async function relayAsked(
  exchange: Exchange,
  asked: Classified = exchange.asked,
): Promise<Plan> {
  switch (asked.operation.body) {
    case "none":
      return relayWithoutBody(exchange, asked);
    case "archive":
      return relayStreaming(exchange, asked);
    case "json": {
      const body = hasBody(exchange) ? await readOther(exchange) : undefined;
      return body === undefined
        ? relayWithoutBody(exchange, asked)
        : relayBody(exchange, body, asked);
    }
    default:
      return unreachable(asked.operation.body);
  }
}

/** Passes a request on without whatever the client sends behind it. */
export function relayWithoutBody(exchange: Exchange, asked: Classified = exchange.asked): Plan {
  const { "content-type": _type, ...headers } = headersToEngine(exchange.request.headers);
  const call = { method: asked.operation.method, target: formatTarget(asked), headers };
  return { kind: "relay", call: withoutBody(call) };
}

/** Passes an archive on as it comes. */
export function relayStreaming(exchange: Exchange, asked: Classified = exchange.asked): Plan {
  const { request } = exchange;
  const headers = headersToEngine(request.headers);
  const call = { method: asked.operation.method, target: formatTarget(asked), headers };
  if (!hasBody(exchange)) return { kind: "relay", call: withoutBody(call) };
  const length = request.headers["content-length"];
  return {
    kind: "relay",
    call: {
      ...call,
      headers: length === undefined ? headers : { ...headers, "content-length": length },
      body: request,
    },
  };
}

/** Passes a request on with a body that was judged, written by us. */
export function relayBody(
  exchange: Exchange,
  body: EngineBody,
  asked: Classified = exchange.asked,
): Plan {
  const bytes = writeEngineBody(body);
  return {
    kind: "relay",
    call: {
      method: asked.operation.method,
      target: formatTarget(asked),
      headers: {
        ...headersToEngine(exchange.request.headers),
        "content-type": "application/json",
        "content-length": String(bytes.length),
      },
      body: bytes,
    },
  };
}

/** Whether the client sends a body with an operation that may have one. */
export function hasBody({ request, asked }: Exchange): boolean {
  const takesBody = asked.operation.method === "POST" || asked.operation.method === "PUT";
  const length = request.headers["content-length"];
  const isSent = request.headers["transfer-encoding"] !== undefined || Number(length ?? 0) > 0;
  return takesBody && isSent;
}

function withoutBody(call: EngineCall): EngineCall {
  const isPost = call.method === "POST" || call.method === "PUT";
  return isPost ? { ...call, headers: { ...call.headers, "content-length": "0" } } : call;
}
