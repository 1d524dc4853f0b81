import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Options } from "#domain/kernel";
import { pauseWithJitter } from "./pause.ts";
import type { App } from "./wire.ts";

/** How soon a change of keys, people, signatures or policy is seen. */
const lookMs = 1_000;
/** What nobody tells of (a date passes, another registry changes, something is started) is seen within. */
const everyMs = 60_000;
const lease = "workloads";
const leaseMs = 300_000;

type Parts = Pick<App, "leases" | "verdictsRestOn"> & {
  readonly gatekeeper: Pick<App["gatekeeper"], "reviewWorkloads" | "tellWaiting">;
};

/**
 * Judges what runs whenever something changed that verdicts rest on, and every minute; one process of all does it.
 * Who is slow to be told holds nothing up.
 */
export async function watchWorkloads(parts: Parts, log: Logger, o: Options): Promise<void> {
  const look = lookerAt(parts, log);
  const tell = async (): Promise<void> => void (await parts.gatekeeper.tellWaiting(o));
  await Promise.all([again(look, log, o), again(tell, log, o)]);
}

async function again(
  work: (o: Options) => Promise<void>,
  log: Logger,
  { signal }: Options,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work({ signal });
    } catch (error) {
      if (!signal.aborted)
        log.error({ event: "workloads.failed", err: error }, "watching what runs failed");
    }
    await pauseWithJitter(lookMs, { signal });
  }
}

function lookerAt(parts: Parts, log: Logger): (o: Options) => Promise<void> {
  const holder = randomUUID();
  let seen = "";
  let at = 0;
  return async (o) => {
    const now = await parts.verdictsRestOn(o);
    if (now === seen && Date.now() - at < everyMs) return;
    const taken = { holder, now: Date.now(), ttlMs: leaseMs };
    if (!(await parts.leases.take(lease, taken, o))) return;
    await review(parts, log, o);
    seen = now;
    at = Date.now();
  };
}

async function review({ gatekeeper }: Parts, log: Logger, o: Options): Promise<void> {
  const found = await gatekeeper.reviewWorkloads(o);
  for (const { kind, name, image } of found?.lost ?? [])
    log.warn({ event: "workload.lost", kind, name, image }, "it lost its approval");
  for (const { kind, name, image } of found?.regained ?? [])
    log.info({ event: "workload.regained", kind, name, image }, "it is approved again");
  for (const name of found?.stopped ?? [])
    log.warn({ event: "workload.stopped", name }, "stopped, for it lost its approval");
}
