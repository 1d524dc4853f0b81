import type { ServerResponse } from "node:http";
import type { Options } from "#domain/kernel";
import type { Parts } from "./exchange.ts";
import type { Plan } from "./plan.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import { sendAnswer } from "./respond.ts";

/**
 * Sends a build on while its archive is read. Where it turns out that it may not pass, the engine gets no
 * whole archive, and builds nothing; the refusal is what is returned.
 */
export async function relayBuild(
  response: ServerResponse,
  parts: Parts,
  plan: Plan & { readonly kind: "build" },
  o: Options,
): Promise<Refusal | undefined> {
  try {
    await sendAnswer(response, await parts.engine.relay(plan.call, o));
    return undefined;
  } catch (error) {
    const failure = plan.failure();
    if (failure === undefined || response.headersSent) throw error;
    if (isRefusal(failure)) return failure;
    throw failure;
  }
}
