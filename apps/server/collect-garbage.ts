import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Options } from "#domain/kernel";
import { pauseWithJitter } from "./pause.ts";
import type { App } from "./wire.ts";

const intervalMs = 3_600_000;
const lease = "garbage";
const leaseMs = 600_000;

/** Takes away what nothing refers to, when the server starts and every hour; one process of all that share the store. */
export async function collectGarbageRegularly(
  app: Pick<App, "registry" | "leases">,
  log: Logger,
  { signal }: Options,
): Promise<void> {
  const holder = randomUUID();
  while (!signal.aborted) {
    try {
      if (await app.leases.take(lease, { holder, now: Date.now(), ttlMs: leaseMs }, { signal })) {
        const garbage = await app.registry.collectGarbage({ signal });
        await app.leases.giveBack(lease, holder, { signal });
        if (garbage.removedBlobs > 0)
          log.info({ event: "registry.garbage", ...garbage }, "garbage collected");
      }
    } catch (error) {
      if (!signal.aborted)
        log.error({ event: "registry.garbage-failed", err: error }, "garbage collection failed");
    }
    await pauseWithJitter(intervalMs, { signal });
  }
}
