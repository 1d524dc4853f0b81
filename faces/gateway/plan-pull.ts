import { formatTarget, parsePullRequest, pullQuery, type PullRequest } from "#domain/engine-api";
import { unreachable } from "#domain/kernel";
import type { Exchange, Parts } from "./exchange.ts";
import { headersToEngine } from "./headers.ts";
import { judgeImage } from "./judge-image.ts";
import { permit } from "./permit.ts";
import type { Plan } from "./plan.ts";
import { refuse } from "./refusal.ts";
import { relayStreaming, relayWithoutBody } from "./relay-plan.ts";

/** `POST /images/create`: a pull is judged; an import brings something that nobody signed, and may pass. */
export async function planImageCreate(parts: Parts, exchange: Exchange): Promise<Plan> {
  const { asked, request } = exchange;
  const pull = parsePullRequest(asked.query);
  if (pull.kind === "import") {
    // The engine would fetch an address from inside its own network.
    if (pull.source === "-") return relayStreaming(exchange);
    return permit(exchange.caller, "full-control") ?? relayWithoutBody(exchange);
  }
  const judgement = await judgeImage(parts, exchange, { image: pull.image, operation: "pull" });
  switch (judgement.kind) {
    case "refuse":
      return refuse(403, judgement.message);
    case "as-written":
      return relayPull(exchange, pull);
    case "run": {
      const registryAuth = request.headers["x-registry-auth"];
      return {
        kind: "pull-pinned",
        pull,
        judged: judgement,
        registryAuth: typeof registryAuth === "string" ? registryAuth : undefined,
      };
    }
    default:
      return unreachable(judgement);
  }
}

/** A pull has no body; what a client sends all the same, the engine does not get. */
function relayPull(exchange: Exchange, pull: PullRequest & { readonly kind: "pull" }): Plan {
  const { "content-type": _type, ...headers } = headersToEngine(exchange.request.headers);
  return {
    kind: "relay",
    call: {
      method: "POST",
      target: formatTarget({ ...exchange.asked, query: pullQuery(pull) }),
      headers: { ...headers, "content-length": "0" },
    },
  };
}
