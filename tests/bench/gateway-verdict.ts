/**
 * The verdict in this process, over a stopped server's own data: warm, and cold, when everything that was
 * verified before is forgotten. Prints rows as JSON for `gateway.ts`.
 */
import { pino } from "pino";
import { checks } from "./gateway-checks.ts"; // first: whatever is loaded later counts its checks
import { quantile, type GatewayRow } from "./gateway-report.ts";

const { readConfig } = await import("../../apps/server/config.ts");
const { wire } = await import("../../apps/server/wire.ts");

const images = process.argv.slice(2);
const config = readConfig(process.env);
const o = { signal: new AbortController().signal };
const log = pino({ level: "silent" });
const rows: GatewayRow[] = [];
const row = (what: string, unit: string, ours: number): void =>
  void rows.push({ what, unit, ours });

const cold: number[] = [];
const coldChecks: number[] = [];
const shares: number[] = [];
for (let round = 0; round < 12; round += 1) {
  const app = await wire(config, log, o);
  for (const image of images) {
    const before = { ...checks };
    const ms = await considered(app, image);
    if (round < 2) continue; // code is still being compiled
    cold.push(ms);
    coldChecks.push(checks.count - before.count);
    shares.push(ms / (checks.milliseconds - before.milliseconds));
  }
  await app.close();
}
row("cold verdict in process, p50", "ms", quantile(cold, 0.5));
row("cold verdict in process, p99", "ms", quantile(cold, 0.99));
row("signature checks in a cold verdict", "count", quantile(coldChecks, 0.5));
row("cold verdict over its signature checks, p50", "x", quantile(shares, 0.5));

const app = await wire(config, log, o);
const [image = ""] = images;
const by = { by: "alice", gate: "docker-api", operation: "container-create" } as const;
for (const [what, judged] of [
  ["warm verdict", () => considered(app, image)],
  ["warm verdict kept as a decision", () => judgedAndKept(image)],
] as const) {
  const took: number[] = [];
  for (let count = 0; count < 6_000; count += 1) {
    const ms = await judged();
    if (count >= 3_000) took.push(ms * 1_000);
  }
  row(`${what}, p50`, "us", quantile(took, 0.5));
  row(`${what}, p99`, "us", quantile(took, 0.99));
}
await app.close();
console.log(JSON.stringify(rows));

async function considered(on: typeof app, name: string): Promise<number> {
  const started = performance.now();
  const judgement = await on.gatekeeper.consider({ image: name }, o);
  const took = performance.now() - started;
  if (judgement.kind !== "run") throw new Error(`${name} is not admitted: ${judgement.kind}`);
  return took;
}

async function judgedAndKept(name: string): Promise<number> {
  const started = performance.now();
  await app.gatekeeper.judge(
    { image: name, ...by } as Parameters<typeof app.gatekeeper.judge>[0],
    o,
  );
  return performance.now() - started;
}
