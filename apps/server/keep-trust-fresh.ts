import type { Logger } from "pino";
import type { Options } from "#domain/kernel";
import { explainWarning, type TrustWarning } from "#services/trust";
import { pauseWithJitter } from "./pause.ts";
import type { App } from "./wire.ts";

const intervalMs = 15 * 60_000;

/** Signs ahead of expiry what the server signs: when it starts, and about every quarter of an hour. */
export async function keepTrustFresh(
  app: Pick<App, "upkeep">,
  log: Logger,
  { signal }: Options,
  tell: (found: readonly TrustWarning[]) => void = () => undefined,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { renewed, warnings } = await app.upkeep.round({ signal });
      tell(app.upkeep.found());
      if (renewed > 0) log.info({ event: "trust.renewed", renewed }, "signed ahead of expiry");
      for (const warning of warnings)
        log.warn({ event: `trust.${warning.kind}`, ...warning }, explainWarning(warning));
    } catch (error) {
      if (!signal.aborted)
        log.error({ event: "trust.upkeep-failed", err: error }, "signing ahead of expiry failed");
    }
    await pauseWithJitter(intervalMs, { signal });
  }
}
