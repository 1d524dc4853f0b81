import type { Clock, Options } from "#domain/kernel";
import type { Webhook, WorkloadStore } from "./ports.ts";

type Parts = {
  readonly workloadStore: WorkloadStore;
  readonly webhook: Webhook;
  readonly clock: Clock;
};

const batch = 20;
const firstWaitMs = 5_000;
/** After 5 s, 10 s, 20 s … about three hours in all; then it is left. */
const maxAttempts = 12;

/** Tells what is due, the oldest first. What was not taken is tried again later, each time later. */
export async function tellWaiting(parts: Parts, o: Options): Promise<number> {
  const { workloadStore, webhook, clock } = parts;
  let told = 0;
  for (const { id, notice, webhook: address, attempts } of await workloadStore.due(
    clock(),
    batch,
    o,
  )) {
    const isTaken = await webhook.send(address, id, notice, o).catch(() => false);
    o.signal.throwIfAborted();
    const isOver = isTaken || attempts + 1 >= maxAttempts;
    const again = isOver ? undefined : clock() + firstWaitMs * 2 ** attempts;
    await workloadStore.settle(id, again, o);
    if (isTaken) told += 1;
  }
  return told;
}
