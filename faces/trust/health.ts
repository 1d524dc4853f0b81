import type { Options } from "#domain/kernel";
import { json, type Handler } from "#faces/http";
import type { TrustService } from "#services/trust";

const patienceMs = 5_000;

/**
 * Whether the trust server can do its work: 200 with nothing wrong, else 503 with what is. For balancers, so
 * it asks nobody who they are, and says nothing of what is stored.
 */
export function health(trust: TrustService): Handler {
  return async (context) => {
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(patienceMs)]);
    try {
      await reach(trust, { signal });
      return json(200, {});
    } catch (error) {
      context.log.error({ event: "trust.unhealthy", err: error }, "the metadata store fails");
      return json(503, { "metadata store": "does not answer" });
    }
  };
}

/** A look at the store that costs the same whatever is in it. */
async function reach(trust: TrustService, o: Options): Promise<void> {
  await trust.changes({ gun: undefined, range: { after: Number.MAX_SAFE_INTEGER }, limit: 1 }, o);
}
