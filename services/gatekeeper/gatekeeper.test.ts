import { parseAccountName, parseKeyFingerprint, parseTeamName } from "#domain/identity";
import { formatGun, parseRegistryHost, parseRepositoryName } from "#domain/oci";
import type { TrustReading, VerifiedRole } from "#domain/tuf";
import {
  createGatekeeper,
  replay,
  type Gatekeeper,
  type GatekeeperParts,
  type Roster,
} from "#services/gatekeeper";
import {
  memoryDecisionStore,
  memoryPolicyStore,
  memoryWorkloadStore,
} from "#services/gatekeeper/testing";
import { expect, test } from "vitest";

const o = { signal: new AbortController().signal };
const host = parseRegistryHost("registry.lab");
const [admin, alice, bob] = ["admin", "alice", "bob"].map(parseAccountName) as [
  never,
  never,
  never,
];
const [qa, security] = [parseTeamName("acme/qa"), parseTeamName("acme/security")];
const hex = "a".repeat(64);
const key = {
  alice: parseKeyFingerprint("a".repeat(64)),
  bob: parseKeyFingerprint("b".repeat(64)),
};

type World = {
  readonly gatekeeper: Gatekeeper;
  reading: TrustReading;
  roster: Roster;
  readonly asked: string[];
};

function role(name: string, signedBy: readonly string[]): VerifiedRole {
  const targets = new Map([["1", { sha256: hex, length: 10 }]]);
  return { name, version: 1, expires: 2e12, state: { kind: "valid" }, signedBy, targets };
}

function verified(...roles: readonly VerifiedRole[]): TrustReading {
  const gun = formatGun(host, parseRepositoryName("acme/web"));
  const versions = { rootVersion: 1, timestampVersion: 1, snapshotVersion: 1, freshUntil: 2e12 };
  return { kind: "verified", gun, ...versions, roles: [role("targets/releases", []), ...roles] };
}

function world(parts: Partial<GatekeeperParts> = {}): World {
  const state: { reading: TrustReading; roster: Roster } = {
    reading: { kind: "absent" },
    roster: {
      version: 1,
      users: [admin, alice, bob].map((name) => ({ name, isActive: true })),
      teams: [
        { name: qa, members: [alice] },
        { name: security, members: [bob] },
      ],
      keys: [
        { fingerprint: key.alice, account: alice, revoked: false },
        { fingerprint: key.bob, account: bob, revoked: false },
      ],
    },
  };
  const asked: string[] = [];
  const gatekeeper = createGatekeeper({
    trust: {
      read(gun) {
        asked.push(gun);
        return Promise.resolve(state.reading);
      },
    },
    directory: { roster: () => Promise.resolve(state.roster) },
    registries: { hosts: () => Promise.resolve([host]) },
    registryHost: host,
    policies: memoryPolicyStore(),
    decisions: memoryDecisionStore(),
    images: { imageIds: () => Promise.resolve(["sha256:config"]) },
    engine: { running: () => Promise.resolve(undefined) },
    workloadStore: memoryWorkloadStore(),
    stopper: { stop: () => Promise.resolve({ kind: "stood-still" }) },
    webhook: { send: () => Promise.resolve(true) },
    pace: () => Promise.resolve(),
    clock: () => 1_000,
    ...parts,
  });
  return Object.assign(state, { gatekeeper, asked });
}

async function enforce(gatekeeper: Gatekeeper, ...teams: readonly (typeof qa)[]): Promise<void> {
  const { version } = await gatekeeper.policy(o);
  const required = teams.map((team) => ({ team, people: 1 }));
  await gatekeeper.setPolicy({ mode: "enforce", required, ifVersion: version }, admin, o);
}

const ask = {
  image: "registry.lab/acme/web:1",
  by: alice,
  gate: "docker-api",
  operation: "ContainerCreate",
} as const;

test("with the policy off nothing is judged and nothing is kept", async () => {
  const { gatekeeper, asked } = world();
  expect(await gatekeeper.judge(ask, o)).toEqual({ kind: "as-written" });
  expect(asked).toEqual([]);
  expect(await gatekeeper.decisions({ limit: 10 }, o)).toEqual([]);
});

test("a refusal names the teams, how to sign and the page; each signature takes its team off the list", async () => {
  const here = world();
  await enforce(here.gatekeeper, qa, security);
  const unsigned = await here.gatekeeper.judge(ask, o);
  expect(unsigned).toMatchObject({ kind: "refuse" });
  expect(unsigned.kind === "refuse" && unsigned.message).toBe(`registry.lab/acme/web:1 is refused
  - not signed: its repository has no trust data yet
  - not signed by team acme/qa (could sign: alice)
  - not signed by team acme/security (could sign: bob)
to pass: docker trust sign registry.lab/acme/web:1
details: https://registry.lab/images/acme/web/tags/1`);

  here.reading = verified(role("targets/qa", [key.alice]));
  const half = await here.gatekeeper.judge(ask, o);
  expect(half.kind === "refuse" && half.message).toBe(`registry.lab/acme/web:1 is refused
  - not signed by team acme/security (could sign: bob)
to pass: docker trust sign registry.lab/acme/web:1
details: https://registry.lab/images/acme/web/tags/1`);

  here.reading = verified(role("targets/qa", [key.alice]), role("targets/security", [key.bob]));
  expect(await here.gatekeeper.judge(ask, o)).toEqual({
    kind: "run",
    reference: `registry.lab/acme/web@sha256:${hex}`,
    digest: `sha256:${hex}`,
    imageIds: ["sha256:config"],
  });
});

test("a member who leaves the team, a key that is revoked, an account that is closed: the next request is refused", async () => {
  const here = world();
  await enforce(here.gatekeeper, security);
  here.reading = verified(role("targets/x", [key.bob]));
  const before = here.roster;
  expect((await here.gatekeeper.judge(ask, o)).kind).toBe("run");
  const changes: readonly Roster[] = [
    { ...before, version: 2, teams: [{ name: security, members: [] }] },
    { ...before, version: 3, keys: before.keys.map((each) => ({ ...each, revoked: true })) },
    { ...before, version: 4, users: before.users.map((user) => ({ ...user, isActive: false })) },
    { ...before, version: 5, teams: [] },
  ];
  for (const roster of changes) {
    here.roster = roster;
    expect((await here.gatekeeper.judge(ask, o)).kind).toBe("refuse");
  }
  here.roster = before;
  expect((await here.gatekeeper.judge(ask, o)).kind).toBe("run");
});

test("a warning policy records the refusal and lets the image pass as written", async () => {
  const { gatekeeper } = world();
  await gatekeeper.setPolicy({ mode: "warn", required: [], ifVersion: 0 }, admin, o);
  expect(await gatekeeper.judge(ask, o)).toEqual({ kind: "as-written" });
  expect(await gatekeeper.decisions({ limit: 10 }, o)).toMatchObject([
    { effect: "as-written", verdict: { kind: "deny" } },
  ]);
});

test("a registry that is not trusted is not even asked", async () => {
  const { gatekeeper, asked } = world();
  await enforce(gatekeeper);
  expect(
    (await gatekeeper.judge({ ...ask, image: "evil.com/registry.lab/acme/web:1" }, o)).kind,
  ).toBe("refuse");
  expect(asked).toEqual([]);
});

test("a decision is kept before the gate opens: when it cannot be kept the gate stays shut", async () => {
  const decisions = {
    ...memoryDecisionStore(),
    append: () => Promise.reject(new Error("the disk is full")),
  };
  const here = world({ decisions });
  await enforce(here.gatekeeper, qa);
  here.reading = verified(role("targets/qa", [key.alice]));
  await expect(here.gatekeeper.judge(ask, o)).rejects.toThrow("the disk is full");
});

test("every kept decision weighs the same again, whatever has changed since", async () => {
  const here = world();
  await enforce(here.gatekeeper, qa, security);
  for (const image of [
    "registry.lab/acme/web:1",
    "registry.lab/acme/web:2",
    `registry.lab/acme/web@sha256:${hex}`,
    "nginx",
    "NOT/an image",
  ]) {
    for (const reading of [
      verified(role("targets/qa", [key.alice])),
      verified(role("targets/qa", [key.alice, key.bob])),
      { kind: "unavailable", detail: "down" } as const,
    ]) {
      here.reading = reading;
      await here.gatekeeper.judge({ ...ask, image }, o);
    }
  }
  await here.gatekeeper.judge(
    { ...ask, image: "abc123", localDigests: [`registry.lab/acme/web@sha256:${hex}`, "junk@"] },
    o,
  );
  here.roster = { ...here.roster, version: 9, keys: [], teams: [] };
  const kept = await here.gatekeeper.decisions({ limit: 100 }, o);
  expect(kept).toHaveLength(16);
  for (const decision of kept) expect(replay(decision)).toEqual(decision.verdict);
});

test("of two admins who change one policy the second is told", async () => {
  const { gatekeeper } = world();
  await enforce(gatekeeper, qa);
  await expect(
    gatekeeper.setPolicy({ mode: "off", required: [], ifVersion: 0 }, admin, o),
  ).rejects.toMatchObject({
    code: "gatekeeper/policy-changed",
  });
});

test("a policy cannot ask for a team that does not exist", async () => {
  const { gatekeeper } = world();
  const required = [{ team: parseTeamName("acme/nobody"), people: 1 }];
  await expect(
    gatekeeper.setPolicy({ mode: "enforce", required, ifVersion: 0 }, admin, o),
  ).rejects.toMatchObject({ code: "gatekeeper/unknown-team" });
});

test("a container is judged by what it runs, not by what its tag stands for since", async () => {
  const image = "registry.lab/acme/web:1";
  const running = [
    {
      kind: "container",
      id: "1",
      name: "signed",
      image,
      localDigests: [`registry.lab/acme/web@sha256:${hex}`],
      state: "running",
    },
    {
      kind: "container",
      id: "2",
      name: "older",
      image,
      localDigests: [`registry.lab/acme/web@sha256:${"b".repeat(64)}`],
      state: "running",
    },
    { kind: "container", id: "3", name: "built here", image, localDigests: [], state: "running" },
  ] as const;
  const here = world({ engine: { running: () => Promise.resolve(running) } });
  await enforce(here.gatekeeper, qa);
  here.reading = verified(role("targets/qa", [key.alice]));
  const judged = await here.gatekeeper.workloads(o);
  expect(judged?.map(({ finding }) => finding.verdict.kind)).toEqual(["admit", "deny", "deny"]);
});

test("a preview judges what runs under the policy that is not saved yet, and names teams nobody can sign for", async () => {
  const running = [
    { kind: "container", id: "1", name: "web", image: "registry.lab/acme/web:1", state: "running" },
    { kind: "service", id: "2", name: "proxy", image: "nginx", state: "1/1" },
  ] as const;
  const here = world({ engine: { running: () => Promise.resolve(running) } });
  here.reading = verified(role("targets/qa", [key.alice]));
  here.roster = {
    ...here.roster,
    version: 2,
    teams: [
      { name: qa, members: [alice] },
      { name: security, members: [] },
    ],
  };
  const preview = await here.gatekeeper.preview(
    {
      mode: "enforce",
      required: [
        { team: qa, people: 1 },
        { team: security, people: 1 },
      ],
    },
    o,
  );
  expect(preview.workloads?.map(({ finding }) => finding.verdict.kind)).toEqual(["deny", "deny"]);
  expect(preview.warnings).toMatchObject([{ team: security }]);
  const qaOnly = await here.gatekeeper.preview(
    { mode: "enforce", required: [{ team: qa, people: 1 }] },
    o,
  );
  expect(qaOnly.workloads?.map(({ finding }) => finding.verdict.kind)).toEqual(["admit", "deny"]);
  expect((await here.gatekeeper.policy(o)).mode).toBe("off");
});
