import { formatReference } from "#domain/oci";
import type { Judge } from "#faces/gateway";
import type { Gatekeeper } from "#services/gatekeeper";

/**
 * The gatekeeper as the gateway asks it. Looking a digest up (`docker service create` does so before it
 * creates) is no deployment: it is answered from the verdict and not recorded.
 */
export function judgeForGateway(gatekeeper: Gatekeeper): Judge {
  return {
    async judge(request, o) {
      if (request.operation !== "distribution")
        return gatekeeper.judge({ ...request, gate: "docker-api" }, o);
      const { verdict, message } = await gatekeeper.why({ image: request.image }, o);
      if (verdict.kind === "deny") return { kind: "refuse", message };
      const { reference } = verdict;
      return { kind: "run", reference: formatReference(reference), digest: reference.digest };
    },
  };
}
