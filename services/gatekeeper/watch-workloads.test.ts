import type { Policy } from "#domain/admission";
import { parseAccountName, parseKeyFingerprint, parseTeamName } from "#domain/identity";
import { formatGun, parseRegistryHost, parseRepositoryName } from "#domain/oci";
import type { TrustReading, VerifiedRole } from "#domain/tuf";
import {
  createGatekeeper,
  type Roster,
  type RunningWorkload,
  type StopOutcome,
  type WhenLost,
  type WorkloadNotice,
} from "#services/gatekeeper";
import {
  memoryDecisionStore,
  memoryPolicyStore,
  memoryWorkloadStore,
} from "#services/gatekeeper/testing";
import { expect, test } from "vitest";

const o = { signal: new AbortController().signal };
const host = parseRegistryHost("registry.lab");
const [admin, alice] = [parseAccountName("admin"), parseAccountName("alice")];
const qa = parseTeamName("acme/qa");
const key = parseKeyFingerprint("a".repeat(64));
const hex = "a".repeat(64);
const webhook = "https://example.com/hook";

const role = (name: string, signedBy: readonly string[]): VerifiedRole => ({
  ...{ name, version: 1, expires: 2e12, state: { kind: "valid" as const }, signedBy },
  targets: new Map([["1", { sha256: hex, length: 10 }]]),
});
const signed: TrustReading = {
  kind: "verified",
  gun: formatGun(host, parseRepositoryName("acme/web")),
  ...{ rootVersion: 1, timestampVersion: 1, snapshotVersion: 1, freshUntil: 2e12 },
  roles: [role("targets/releases", []), role("targets/qa", [key])],
};
const roster = (members: readonly (typeof alice)[]): Roster => ({
  version: members.length,
  users: [admin, alice].map((name) => ({ name, isActive: true })),
  teams: [{ name: qa, members }],
  keys: [{ fingerprint: key, account: alice, revoked: false }],
});
const web: RunningWorkload = {
  ...{ kind: "container", id: "one", name: "web", state: "running" },
  image: `registry.lab/acme/web:1@sha256:${hex}`,
};

/** An engine that runs `web`, approved by alice of qa, and a gatekeeper that watches it. */
async function world() {
  const state = {
    reading: signed,
    roster: roster([alice]),
    running: [web] as readonly RunningWorkload[] | undefined,
    now: 1_000,
    isTaken: true,
    outcome: { kind: "stopped" } as StopOutcome,
    onPace: () => undefined as void,
  };
  const stopped: string[] = [];
  const told: WorkloadNotice[] = [];
  const gatekeeper = createGatekeeper({
    trust: { read: () => Promise.resolve(state.reading) },
    directory: { roster: () => Promise.resolve(state.roster) },
    registries: { hosts: () => Promise.resolve([host]) },
    registryHost: host,
    policies: memoryPolicyStore(),
    decisions: memoryDecisionStore(),
    images: { imageIds: () => Promise.resolve([]) },
    engine: { running: () => Promise.resolve(state.running) },
    workloadStore: memoryWorkloadStore(),
    stopper: {
      stop: ({ id }) => {
        if (state.outcome.kind === "stopped") stopped.push(id);
        return Promise.resolve(state.outcome);
      },
    },
    webhook: {
      send: (_address, _id, notice) => {
        if (state.isTaken) told.push(notice);
        return Promise.resolve(state.isTaken);
      },
    },
    pace: () => Promise.resolve(state.onPace()),
    clock: () => state.now,
  });
  const set = async (whenLost?: WhenLost, mode: Policy["mode"] = "enforce"): Promise<void> => {
    const { version } = await gatekeeper.policy(o);
    const required = [{ team: qa, people: 1 }];
    const wanted = { mode, required, ifVersion: version };
    await gatekeeper.setPolicy(whenLost === undefined ? wanted : { ...wanted, whenLost }, admin, o);
  };
  const look = async () => {
    state.now += 1_000;
    const review = await gatekeeper.reviewWorkloads(o);
    await gatekeeper.tellWaiting(o);
    return review;
  };
  await set();
  await look();
  return Object.assign(state, { gatekeeper, stopped, told, set, look });
}

const events = (told: readonly WorkloadNotice[]): string[] => told.map(({ event }) => event);

test("what lost its approval is shown with since when, and with the time it got it back", async () => {
  const here = await world();
  here.roster = roster([]);
  expect(await here.look()).toMatchObject({ lost: [{ name: "web" }] });
  const lostAt = here.now;
  await here.look();
  expect(await here.gatekeeper.workloads(o)).toMatchObject([{ since: lostAt }]);
  expect(here.told).toEqual([]); // nobody asked for it
  here.roster = roster([alice]);
  expect(await here.look()).toMatchObject({ lost: [], regained: [{ name: "web" }] });
});

test("who is to be told hears of it once, and again later where it was not taken", async () => {
  const here = await world();
  await here.set({ action: "notify", webhook });
  here.roster = roster([]);
  here.isTaken = false;
  await here.look();
  here.isTaken = true;
  await here.look();
  expect(here.told).toEqual([]); // its time has not come
  here.now += 5_000;
  await here.look();
  await here.look();
  expect(events(here.told)).toEqual(["lost"]);
  expect(here.told[0]?.detail).toContain("team acme/qa has no active member");
});

test("a notice that nobody takes is given up after some hours", async () => {
  const here = await world();
  await here.set({ action: "notify", webhook });
  here.roster = roster([]);
  here.isTaken = false;
  for (let round = 0; round < 20; round += 1) {
    await here.look();
    here.now += 86_400_000;
  }
  here.isTaken = true;
  await here.look();
  expect(here.told).toEqual([]);
});

test("nothing is stopped before it was tried, and the trial says what would be", async () => {
  const here = await world();
  const stop = { action: "stop", webhook } as const;
  await expect(here.set(stop)).rejects.toMatchObject({ code: "gatekeeper/dry-run-first" });
  await here.set({ action: "would-stop", webhook });
  here.roster = roster([]);
  await here.look();
  await here.look();
  expect(events(here.told)).toEqual(["lost", "would-stop"]);
  expect(here.stopped).toEqual([]);
  await here.set(stop);
  expect(await here.look()).toMatchObject({ stopped: ["web"] });
  expect(here.stopped).toEqual(["one"]);
  expect(events(here.told)).toEqual(["lost", "would-stop", "stopped"]);
});

test("only what was approved once is stopped, and only while the policy is enforced", async () => {
  const here = await world();
  await here.set({ action: "would-stop" });
  await here.set({ action: "stop" });
  const never = { ...web, id: "two", image: "registry.lab/acme/other:1" };
  here.running = [never];
  await here.look();
  await here.look();
  here.running = [web];
  await here.look();
  await here.set(undefined, "warn");
  here.roster = roster([]);
  await here.look();
  expect(here.stopped).toEqual([]);
  await here.set(undefined, "enforce");
  await here.look();
  expect(here.stopped).toEqual(["one"]);
});

test("a fault is no loss: nothing changes while trust data cannot be read, or no engine answers", async () => {
  const here = await world();
  await here.set({ action: "would-stop", webhook });
  await here.set({ action: "stop", webhook });
  here.reading = { kind: "unavailable", detail: "away" };
  expect(await here.look()).toMatchObject({ lost: [], stopped: [] });
  here.reading = signed;
  here.running = undefined;
  expect(await here.look()).toBeUndefined();
  expect(here.stopped).toEqual([]);
  expect(here.told).toEqual([]);
});

test("between two that are stopped there is time to take it back", async () => {
  const here = await world();
  await here.set({ action: "would-stop" });
  await here.set({ action: "stop" });
  here.running = ["one", "two", "three"].map((id) => ({ ...web, id, name: id }));
  await here.look();
  here.roster = roster([]);
  here.onPace = () => {
    here.roster = roster([alice]);
  };
  expect(await here.look()).toMatchObject({ stopped: ["one"] });
});

test("what cannot be stopped is told once", async () => {
  const here = await world();
  await here.set({ action: "would-stop", webhook });
  await here.set({ action: "stop", webhook });
  here.outcome = { kind: "not-stopped", why: "a global service" };
  here.roster = roster([]);
  await here.look();
  await here.look();
  expect(events(here.told)).toEqual(["lost", "not-stopped"]);
});

test("a webhook is an address, and who is to be told is named", async () => {
  const here = await world();
  for (const whenLost of [
    { action: "notify" },
    { action: "notify", webhook: "file:///etc/passwd" },
    { action: "report", webhook: "nonsense" },
  ] as const)
    await expect(here.set(whenLost)).rejects.toMatchObject({ code: "gatekeeper/webhook-invalid" });
});
