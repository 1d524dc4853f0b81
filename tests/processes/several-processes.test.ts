import { createHash, generateKeyPairSync } from "node:crypto";
import { request } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openDatabase, sqlDecisionStore } from "#adapters/storage";
import { decisionRecord } from "#services/gatekeeper/testing";
import { startServer, type ServerUnderTest } from "../harness/server.ts";
import {
  firstProcess,
  isAlive,
  openLines,
  sessionOf,
  tokenOf,
  workersOf,
  type Answer,
  type Ask,
} from "./lines.ts";

const o = { signal: new AbortController().signal };
const soon = { timeout: 20_000, interval: 20 };
let server: ServerUnderTest | undefined;
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
});

async function started(): Promise<ServerUnderTest> {
  server = await startServer({ env: { COUNTERSIGN_PROCESSES: "2" } });
  return server;
}

test("a change of people counts at the next request, whichever process it reaches", async () => {
  const running = await started();
  using open = openLines(running, 4);
  const { lines } = open;
  const [first] = lines as [(typeof lines)[number]];
  const as = await sessionOf(first, "admin", running.adminPassword);
  const send = (method: "POST" | "PATCH" | "PUT" | "DELETE", json?: unknown): Ask => ({
    ...as,
    method,
    ...(json === undefined ? {} : { json }),
  });
  const password = "a long password";
  await first("/api/v1/users", send("POST", { name: "alice", password }));
  await first("/api/v1/organizations", send("POST", { name: "acme" }));
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const scope = "repository:alice/web:pull";
  const alice = await tokenOf(running, first, { name: "alice", password, scope });
  const everywhere = async (path: string, ask: Ask): Promise<readonly Answer[]> =>
    await Promise.all(lines.map((line) => line(path, ask)));

  for (let round = 0; round < 12; round += 1) {
    const line = lines[round % lines.length] ?? first;
    const team = `/api/v1/teams/acme/qa${round}/members/alice`;
    const wanted = { name: `acme/qa${round}` };
    expect((await line("/api/v1/teams", send("POST", wanted))).status).toBeLessThan(300);
    expect((await line(team, send("PUT"))).status).toBe(200);
    for (const { text } of await everywhere("/api/v1/teams", as))
      expect(membersOf(text, `acme/qa${round}`)).toEqual(["alice"]);
    expect((await line(team, send("DELETE"))).status).toBe(200);
    for (const { text } of await everywhere("/api/v1/teams", as))
      expect(membersOf(text, `acme/qa${round}`)).toEqual([]);

    const keys = "/api/v1/users/alice/keys";
    const added = await line(keys, send("POST", { label: "laptop", pem }));
    const { fingerprint } = JSON.parse(added.text) as { readonly fingerprint: string };
    await line(`${keys}/${fingerprint}`, send("DELETE"));
    for (const { text } of await everywhere(keys, as)) expect(text).toContain("revokedAt");

    await line("/api/v1/users/alice", send("PATCH", { isActive: false }));
    for (const { status } of await everywhere("/v2/alice/web/tags/list", alice))
      expect(status).toBe(401);
    await line("/api/v1/users/alice", send("PATCH", { isActive: true }));
    for (const { status } of await everywhere("/v2/alice/web/tags/list", alice))
      expect(status).toBe(404);
  }
});

test("wrong passwords are counted together, for a name that nobody has as for one that somebody has", async () => {
  const running = await started();
  using open = openLines(running, 4);
  const statuses = async (name: string): Promise<readonly number[]> => {
    const headers = { authorization: `Basic ${Buffer.from(`${name}:wrong`).toString("base64")}` };
    const path = `/auth/token?service=${running.registryHost}`;
    const all: number[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1)
      all.push((await open.lines[attempt % 4]?.(path, { headers }))?.status ?? 0);
    return all;
  };
  const known = await statuses("admin");
  expect(known).toEqual([401, 401, 401, 401, 401, 429, 429]);
  expect(await statuses("stranger")).toEqual(known);
});

test("whoever listens hears each decision once and in order, whichever process keeps it", async () => {
  const running = await started();
  using open = openLines(running, 1);
  const [line] = open.lines as [(typeof open.lines)[number]];
  const as = await sessionOf(line, "admin", running.adminPassword);
  const streams = await Promise.all([1, 2, 3, 4].map(() => listen(running, as)));
  const database = await openDatabase(join(running.data, "countersign.sqlite"));
  try {
    const decisions = sqlDecisionStore(database);
    const ids: string[] = [];
    for (let count = 0; count < 250; count += 1)
      ids.push((await decisions.append(decisionRecord("registry.lab/acme/web:1", count), o)).id);
    for (const stream of streams) {
      await expect.poll(() => stream.ids().length, soon).toBe(ids.length);
      expect(stream.ids()).toEqual(ids);
    }
  } finally {
    for (const stream of streams) stream.close();
    await database.destroy();
  }
});

test("a process that is killed loses nothing acknowledged, and another takes its place", async () => {
  const running = await started();
  using open = openLines(running, 6);
  const pid = firstProcess(running);
  const before = workersOf(pid);
  expect(before).toHaveLength(2);
  const token = await tokenOf(running, open.lines[0] as (typeof open.lines)[number], {
    name: "admin",
    password: running.adminPassword,
    scope: "repository:acme/load:pull,push",
  });
  const acknowledged: string[] = [];
  const halt = new AbortController();
  const pushing = open.lines.map(async (line, number) => {
    for (let count = 0; !halt.signal.aborted; count += 1) {
      const bytes = Buffer.from(`blob ${number} ${count}`);
      const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      const put = { ...token, method: "POST", bytes } as const;
      const answer = await line(`/v2/acme/load/blobs/uploads/?digest=${digest}`, put).catch(
        () => undefined, // its process was killed: the next connection goes to another
      );
      if (answer?.status === 201) acknowledged.push(digest);
    }
  });
  try {
    for (const kill of [0, 1]) {
      const enough = acknowledged.length + 40;
      await expect.poll(() => acknowledged.length, soon).toBeGreaterThan(enough);
      process.kill(before[kill] ?? 0, "SIGKILL");
      const more = acknowledged.length + 40;
      await expect.poll(() => acknowledged.length, soon).toBeGreaterThan(more);
    }
    await expect.poll(() => workersOf(pid).length, soon).toBe(2);
  } finally {
    halt.abort();
    await Promise.all(pushing);
  }
  expect(workersOf(pid)).not.toEqual(expect.arrayContaining([before[0]]));
  using after = openLines(running, 2);
  for (const [count, digest] of acknowledged.entries()) {
    const read = await after.lines[count % 2]?.(`/v2/acme/load/blobs/${digest}`, token);
    expect(read?.text).toMatch(/^blob /);
  }
  const metrics = await after.lines[0]?.("/metrics");
  expect(metrics?.text).not.toContain("acme");
  expect(metrics?.text).toContain("process_start_time_seconds");
});

test("metrics are those of all processes, also of one that is gone", async () => {
  const running = await started();
  using open = openLines(running, 4);
  const health = "/_notary_server/health";
  const asked = async (): Promise<number> => {
    const metrics = await open.lines[0]?.("/metrics");
    const COUNT = /^countersign_trust_requests_total\{operation="health",code="200"\} (\d+)$/m;
    return Number(COUNT.exec(metrics?.text ?? "")?.[1]);
  };
  for (const line of open.lines) expect((await line(health)).status).toBe(200);
  expect(await asked()).toBe(4);
  const [worker = 0] = workersOf(firstProcess(running));
  process.kill(worker, "SIGKILL");
  await expect.poll(() => isAlive(worker), soon).toBe(false);
  await expect.poll(async () => await asked().catch(() => 0), soon).toBe(4);
});

test("when the first process is killed nothing stays behind", async () => {
  const running = await started();
  const workers = workersOf(firstProcess(running));
  await running.kill9();
  await expect.poll(() => workers.filter(isAlive), soon).toEqual([]);
  const port = Number(new URL(running.ui).port);
  const free = createServer();
  await new Promise<void>((resolve, reject) => {
    free.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  await new Promise((resolve) => free.close(resolve));
  await running.start();
});

test("it ends by a signal to all of its processes at once, too", async () => {
  const running = await started();
  for (const worker of workersOf(firstProcess(running))) process.kill(worker, "SIGTERM");
  await running.stop();
  expect(running.log()).toContain("server.stopped");
  expect(running.log()).not.toContain("server.worker-died");
});

function membersOf(text: string, name: string): readonly string[] | undefined {
  const teams = JSON.parse(text) as { readonly name: string; readonly members: string[] }[];
  return teams.find((team) => team.name === name)?.members;
}

/** A connection of its own that hears decisions; it listens when this returns. */
async function listen(
  running: ServerUnderTest,
  as: Ask,
): Promise<{ readonly ids: () => readonly string[]; readonly close: () => void }> {
  const stream = request(`${running.ui}/api/v1/decisions/events`, {
    ca: running.ca,
    agent: false,
    headers: { ...as.headers },
  });
  let text = "";
  await new Promise<void>((resolve, reject) => {
    stream.once("error", reject).once("response", (response) => {
      response.on("error", () => undefined); // it ends with us
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      resolve();
    });
    stream.end();
  });
  const ids = (): readonly string[] => [...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id ?? "");
  return { ids, close: () => stream.destroy() };
}
