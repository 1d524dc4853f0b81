import { pino } from "pino";
import { expect, test } from "vitest";
import type { Review, WorkloadState } from "#services/gatekeeper";
import { watchWorkloads } from "./watch-workloads.ts";

test("a change is seen within two seconds, what stays the same is left alone, and a fault ends nothing", async () => {
  const stop = new AbortController();
  const logged: string[] = [];
  const log = pino({}, { write: (line: string) => void logged.push(line) });
  let version = "1";
  let reviews = 0;
  const awaited = Promise.withResolvers<number>();
  const none: Review = { lost: [], regained: [], stopped: [] };
  const lost: WorkloadState = {
    kind: "container",
    id: "one",
    name: "web",
    image: "registry.lab/acme/web:1",
    approved: false,
    since: 1,
    wasApproved: true,
  };
  let changedAt = 0;
  const watching = watchWorkloads(
    {
      verdictsRestOn: () => {
        if (version === "fault") {
          version = "2";
          changedAt = performance.now();
          return Promise.reject(new Error("away for a moment"));
        }
        return Promise.resolve(version);
      },
      leases: { take: () => Promise.resolve(true), giveBack: () => Promise.resolve() },
      gatekeeper: {
        tellWaiting: () => new Promise(() => undefined), // nobody answers
        reviewWorkloads() {
          reviews += 1;
          if (version === "2") awaited.resolve(performance.now() - changedAt);
          else version = "fault";
          return Promise.resolve(version === "2" ? { ...none, lost: [lost] } : none);
        },
      },
    },
    log,
    { signal: stop.signal },
  );
  watching.catch(() => undefined);
  expect(await awaited.promise).toBeLessThan(2_000);
  expect(reviews).toBe(2);
  stop.abort();
  const events = logged.map((line) => (JSON.parse(line) as { readonly event: string }).event);
  expect(events).toContain("workloads.failed");
});
