import type { EngineCall } from "#adapters/docker";
import {
  formatTarget,
  writeEngineBody,
  type Classified,
  type EngineBody,
} from "#domain/engine-api";
import type { Exchange } from "./exchange.ts";
import { headersToEngine } from "./headers.ts";
import type { Plan } from "./plan.ts";

/** Passes a request on in its canonical form, its body streaming. */
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
