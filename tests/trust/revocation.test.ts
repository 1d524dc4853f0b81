import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { createHmac } from "node:crypto";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pino } from "pino";
import { expect, test } from "vitest";
import { parseAccountName, parseTeamName } from "#domain/identity";
import { readConfig } from "../../apps/server/config.ts";
import { watchWorkloads } from "../../apps/server/watch-workloads.ts";
import { wire } from "../../apps/server/wire.ts";
import { digestOf, image, publisher } from "./wired-world.ts";

const o = { signal: new AbortController().signal };
const admin = parseAccountName("admin");
const qa = parseTeamName("acme/qa");
const rounds = 2;

async function listening(handler: RequestListener, place: { port: number } | { path: string }) {
  const server = createServer(handler);
  if ("path" in place) server.listen(place.path);
  else server.listen(place.port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

test("a revocation is reported, and told to the webhook, within seconds", async () => {
  const data = await mkdtemp(join(tmpdir(), "countersign-revocation-"));
  const stop = new AbortController();
  const running = [
    {
      ...{ Id: "one", Names: ["/web"], ImageID: "sha256:x", State: "running" },
      Image: `${image}@${digestOf("content")}`,
    },
  ];
  const socket = join(data, "engine.sock");
  const engine = await listening(
    (request, response) => {
      const known = request.url === "/containers/json" ? running : [];
      response.setHeader("content-type", "application/json").end(JSON.stringify(known));
    },
    { path: socket },
  );
  const heard: { event: string; signature: string; body: string; at: number }[] = [];
  let wake = (): void => undefined;
  const receiver = await listening(
    (request, response) => {
      void text(request).then((body) => {
        const { event } = JSON.parse(body) as { event: string };
        const signature = String(request.headers["countersign-signature"]);
        heard.push({ event, signature, body, at: performance.now() });
        response.writeHead(204).end();
        wake();
      });
    },
    { port: 0 },
  );
  const next = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  const env = {
    COUNTERSIGN_DATA: data,
    COUNTERSIGN_HOST: "registry.test",
    COUNTERSIGN_ENGINE: `unix://${socket}`,
  };
  const log = pino({ level: "silent" });
  const app = await wire(readConfig(env), log, o);
  try {
    await (await publisher(app)).publish(app, "content");
    await app.accounts.createOrganization({ name: parseAccountName("acme"), fullName: "Acme" }, o);
    await app.accounts.createTeam({ name: qa, description: "", right: "read" }, o);
    await app.accounts.addMember(qa, admin, o);
    const { version } = await app.gatekeeper.policy(o);
    const webhook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const whenLost = { action: "notify", webhook } as const;
    const wanted = {
      mode: "enforce",
      required: [{ team: qa, people: 1 }],
      whenLost,
      ifVersion: version,
    } as const;
    await app.gatekeeper.setPolicy(wanted, admin, o);
    await app.gatekeeper.reviewWorkloads(o);
    expect(await app.gatekeeper.workloads(o)).toMatchObject([
      { finding: { verdict: { kind: "admit" } } },
    ]);
    const watching = watchWorkloads(app, log, { signal: stop.signal });
    const spent: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const change of ["removeMember", "addMember"] as const) {
        const told = next();
        const from = performance.now();
        await app.accounts[change](qa, admin, o);
        await told;
        spent.push((heard.at(-1)?.at ?? 0) - from);
      }
    }
    stop.abort(new Error("over"));
    await watching;
    expect(heard.map(({ event }) => event)).toEqual(
      Array.from({ length: rounds }, () => ["lost", "regained"]).flat(),
    );
    const [first] = heard;
    const key = (await readFile(join(data, "webhook.key"), "utf8")).trim();
    const [, seconds, given] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(first?.signature ?? "") ?? [];
    const expected = createHmac("sha256", key).update(`${seconds}.${first?.body}`).digest("hex");
    expect(given).toBe(expected);
    console.info(`from revocation to webhook: ${spent.map((ms) => ms.toFixed(0)).join(", ")} ms`);
    expect(Math.max(...spent)).toBeLessThan(10_000);
  } finally {
    stop.abort(new Error("over"));
    await app.close();
    for (const server of [engine, receiver]) {
      server.close();
      server.closeAllConnections();
    }
    await rm(data, { recursive: true, force: true });
  }
});
