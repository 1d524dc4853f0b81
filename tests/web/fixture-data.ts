import type {
  AccountKey,
  AddRegistry,
  Decision,
  Organization,
  Policy,
  Registry,
  Repository,
  Team,
  User,
} from "#contracts";
import { createHash } from "node:crypto";
import { AccountName, KeyFingerprint, TeamName } from "#contracts";

export const registryHost = "localhost:8443";
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const certificate = "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n";

/** An image of the fixture: what was pushed, and whose signature stands on it. */
export type FixtureImage = {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  readonly movedFrom?: string;
  readonly pushedAt: number;
  readonly pushedBy: string;
  readonly signedBy: readonly string[];
};

export type FixtureWorkload = {
  readonly kind: "container" | "service";
  readonly id: string;
  readonly name: string;
  readonly repository: string;
  readonly tag: string;
};

/** All that the fixture server knows; tests may change it. */
export type World = {
  readonly passwords: Map<string, string>;
  readonly locked: Set<string>;
  readonly users: Map<string, User>;
  readonly organizations: Map<string, Organization>;
  readonly teams: Map<string, Omit<Team, "canSign">>;
  readonly keys: Map<string, AccountKey[]>;
  readonly registries: Map<string, Registry>;
  policy: Policy;
  engine: boolean;
  images: FixtureImage[];
  workloads: FixtureWorkload[];
  /** How trust data stands where a repository has any. */
  trustState: "verified" | "tampered";
  decisions: Decision[];
  /** What the server does wrong on purpose: an operation's name and the status it answers. */
  readonly broken: Map<string, number>;
};

/** A digest that is always the same for the same seed. */
export const digestOf = (seed: string): string =>
  `sha256:${createHash("sha256").update(seed).digest("hex")}`;

/** A place with nothing in it but its first admin. */
export function emptyWorld(): World {
  const now = Date.now();
  const world: World = {
    passwords: new Map(),
    locked: new Set(),
    users: new Map(),
    organizations: new Map(),
    teams: new Map(),
    keys: new Map(),
    registries: new Map(),
    policy: { version: 0, mode: "off", requiredTeams: [], changedAt: now },
    engine: true,
    images: [],
    workloads: [],
    trustState: "verified",
    decisions: [],
    broken: new Map(),
  };
  addUser(world, "admin", "First admin", { isAdmin: true });
  return world;
}

/** A small company in the middle of its work. */
export function busyWorld(): World {
  const world = emptyWorld();
  const now = Date.now();
  for (const [name, fullName] of [
    ["alice", "Alice Ahlgren"],
    ["bob", "Bob Bauer"],
    ["erin", "Erin Eriksen"],
    ["ci", "Build robot"],
  ] as const)
    addUser(world, name, fullName, {});
  for (const [name, label] of [
    ["alice", "laptop"],
    ["bob", "laptop"],
    ["erin", "workstation"],
    ["ci", "runner 1"],
  ] as const)
    addKey(world, name, label, now - 20 * dayMs);
  world.organizations.set("acme", {
    name: AccountName.parse("acme"),
    fullName: "Acme Ltd",
    createdAt: now - 30 * dayMs,
  });
  addRegistry(world, { host: "other.lab:5000", ca: certificate, maxStaleSeconds: 600 });
  addRegistry(world, {
    host: "partner.example",
    ca: certificate,
    trustServer: "https://notary.partner.example:4443",
    username: "reader",
    maxStaleSeconds: 0,
  });
  addTeam(world, "acme/qa", ["alice"]);
  addTeam(world, "acme/security", ["bob", "erin"]);
  addTeam(world, "acme/release", []);
  world.policy = {
    version: 3,
    mode: "enforce",
    requiredTeams: [TeamName.parse("acme/qa"), TeamName.parse("acme/security")],
    changedAt: now - 6 * dayMs,
    changedBy: AccountName.parse("admin"),
  };
  const pushed = (repository: string, tag: string, hours: number, signedBy: string[]): void => {
    world.images.push({
      repository,
      tag,
      digest: digestOf(`${repository}:${tag}`),
      pushedAt: now - hours * hourMs,
      pushedBy: "ci",
      signedBy,
    });
  };
  pushed("acme/web", "1.4", 2, ["alice", "ci"]);
  pushed("acme/web", "1.3", 50, ["alice", "bob", "ci"]);
  pushed("acme/web", "1.2", 300, ["alice", "bob"]);
  pushed("acme/api", "2.0", 1, []);
  pushed("acme/api", "1.9", 90, ["alice", "erin"]);
  pushed("acme/tags/odd", "v1", 200, ["alice", "bob"]);
  const [moved] = world.images.splice(2, 1);
  if (moved !== undefined)
    world.images.splice(2, 0, { ...moved, movedFrom: moved.digest, digest: digestOf("moved") });
  world.workloads = [
    { kind: "service", id: "s1", name: "shop_web", repository: "acme/web", tag: "1.3" },
    { kind: "service", id: "s2", name: "shop_api", repository: "acme/api", tag: "1.9" },
    { kind: "container", id: "c1", name: "debug-web", repository: "acme/web", tag: "1.4" },
  ];
  return world;
}

export function addUser(
  world: World,
  name: string,
  fullName: string,
  { isAdmin = false, password = "correct horse battery" },
): User {
  const user: User = {
    name: AccountName.parse(name),
    fullName,
    isAdmin,
    isActive: true,
    permission: isAdmin ? "full-control" : "restricted-control",
    createdAt: Date.now() - 30 * dayMs,
    teams: [],
  };
  world.users.set(name, user);
  world.passwords.set(name, password);
  return user;
}

export function addKey(world: World, user: string, label: string, createdAt: number): AccountKey {
  const fingerprint = KeyFingerprint.parse(digestOf(`${user} ${label} ${createdAt}`).slice(7));
  const key: AccountKey = { fingerprint, label, createdAt, publicKey: "" };
  world.keys.set(user, [...(world.keys.get(user) ?? []), key]);
  return key;
}

export function addTeam(world: World, name: string, members: readonly string[]): void {
  world.teams.set(name, {
    name: TeamName.parse(name),
    description: "",
    right: "write",
    members: members.map((member) => AccountName.parse(member)),
  });
}

export function repositoriesOf(world: World): Repository[] {
  const names = [...new Set(world.images.map((image) => image.repository))].toSorted();
  return names.map((name) => {
    const images = world.images.filter((image) => image.repository === name);
    return {
      name,
      visibility: "private",
      tags: images.length,
      pushedAt: Math.max(...images.map((image) => image.pushedAt)),
      hasTrustData: images.some((image) => image.signedBy.length > 0),
    };
  });
}

export function addRegistry(world: World, given: AddRegistry): Registry {
  const { host, ca, trustServer = `https://${host}`, username, maxStaleSeconds = 600 } = given;
  const registry: Registry = {
    ...{ host, ca, trustServer, maxStaleSeconds, addedAt: Date.now() - 3 * dayMs },
    ...(username === undefined ? {} : { username }),
    addedBy: AccountName.parse("admin"),
  };
  world.registries.set(host, registry);
  return registry;
}
