import type { Asked } from "./framing.ts";
import type { Random } from "./random.ts";
import { harmed, spell, type Value } from "./spell.ts";

/** Who asks. */
export type As = "dev" | "limited";

/** What there is to ask for. */
export type Ground = {
  /** References that are signed: by tag, by digest, by ID, and in ways that mean the same. */
  readonly signed: readonly [string, ...string[]];
  /** References of what is not. */
  readonly unsigned: readonly [string, ...string[]];
  /** `host/repository` of both. */
  readonly repository: string;
  /** An archive of an image that is not signed, which claims the names of one that is. */
  readonly forged: Uint8Array;
  /** Contexts to build from, of what is signed and of what is not. */
  readonly contexts: readonly Uint8Array[];
  /** Containers that were there before, of what is not signed; nobody may start them. */
  traps: readonly string[];
  services: readonly { readonly id: string; readonly version: number; readonly spec: Value }[];
};

const versions: readonly [string, ...string[]] = [
  "/v1.41",
  "/v1.41",
  "/v1.41",
  "",
  "/v1.24",
  "/v1.30",
  "/v1.40",
];

/** Any request of those that could make, start or bring something. */
export function anyRequest(ground: Ground, random: Random, as: As): Asked {
  const make = random.chance(0.45)
    ? containerCreate
    : random.pick([
        serviceCreate,
        serviceUpdate,
        pull,
        onContainer,
        onContainer,
        build,
        commit,
        tag,
        load,
        other,
      ]);
  return make(ground, random, as);
}

/** The chance of each trick at each place: often none at all, for what is refused at once tests little. */
function boldnessOf(random: Random): number {
  return random.pick([0, 0, 0.01, 0.03, 0.1]);
}

function image(ground: Ground, random: Random): string {
  return random.pick(random.chance(0.4) ? ground.signed : ground.unsigned);
}

function written(value: Value, ground: Ground, random: Random): Uint8Array {
  const boldness = boldnessOf(random);
  const strange = (): string => random.pick(ground.unsigned);
  return harmed(spell(value, random, { boldness, strange }), random, boldness);
}

function containerCreate(ground: Ground, random: Random, as: As): Asked {
  const reach: readonly [Value, ...Value[]] = [
    {},
    {},
    { Privileged: true },
    { Binds: [random.pick(["/:/h", "v:/h", "/var/run/docker.sock:/s", "./x:/y"])] },
    { Mounts: [{ Type: "bind", Source: "/", Target: "/h" }] },
    { Mounts: [{ Type: "image", Source: image(ground, random), Target: "/i" }] },
    { PidMode: "host" },
    { IpcMode: "host" },
    { CapAdd: ["SYS_ADMIN"] },
    { Devices: [{ PathOnHost: "/dev/null", PathInContainer: "/dev/x", CgroupPermissions: "rwm" }] },
    { SecurityOpt: ["seccomp=unconfined"] },
    { VolumesFrom: [random.pick(["trap0", "dev-1", "limited-1"])] },
    { Runtime: "runc" },
  ];
  const body: Value = {
    Image: image(ground, random),
    ...(random.chance(0.3) ? { Cmd: ["true"], Env: ["A=B"], Labels: { a: "b" } } : {}),
    HostConfig: {
      NetworkMode: random.chance(0.9) ? "none" : "host",
      ...(random.pick(reach) as object),
    },
  };
  const name = random.chance(0.7) ? `?name=${as}-${random.below(40)}` : "";
  const platform = random.chance(0.05) ? `${name === "" ? "?" : "&"}platform=linux%2Famd64` : "";
  return {
    method: "POST",
    target: `${random.pick(versions)}/containers/create${name}${platform}`,
    body: written(body, ground, random),
  };
}

function spec(ground: Ground, random: Random): Value {
  return {
    Name: `service-${random.below(6)}`,
    Mode: { Replicated: { Replicas: random.chance(0.05) ? 1 : 0 } },
    TaskTemplate: {
      ContainerSpec: {
        Image: image(ground, random),
        ...(random.chance(0.1)
          ? { Mounts: [{ Type: "image", Source: image(ground, random), Target: "/i" }] }
          : {}),
      },
      RestartPolicy: { Condition: "none" },
      ...(random.chance(0.1) ? { ForceUpdate: random.below(3) } : {}),
      ...(random.chance(0.1)
        ? { Runtime: random.pick(["plugin", "container", "attachment"]) }
        : {}),
    },
    ...(random.chance(0.2) ? { UpdateConfig: { Parallelism: 1, FailureAction: "rollback" } } : {}),
  };
}

function serviceCreate(ground: Ground, random: Random): Asked {
  return {
    method: "POST",
    target: `${random.pick(versions)}/services/create`,
    body: written(spec(ground, random), ground, random),
  };
}

function serviceUpdate(ground: Ground, random: Random): Asked {
  const service = random.pickOf(ground.services);
  if (service === undefined) return serviceCreate(ground, random);
  const rollback = random.chance(0.5)
    ? `&rollback=${random.pick(["previous", "none", "Previous", "previous&rollback=none"])}`
    : "";
  const from = random.chance(0.2) ? "&registryAuthFrom=previous-spec" : "";
  const body = random.chance(0.5) ? service.spec : spec(ground, random);
  return {
    method: "POST",
    target: `${random.pick(versions)}/services/${service.id}/update?version=${service.version}${rollback}${from}`,
    body: written(body, ground, random),
  };
}

function pull(ground: Ground, random: Random): Asked {
  const from = image(ground, random);
  const tags = ["1", "2", "3", "4", `sha256:${"0".repeat(64)}`, "", "1:4", "1@x"] as const;
  const parts = [
    `fromImage=${encodeURIComponent(random.chance(0.5) ? ground.repository : from)}`,
    ...(random.chance(0.7) ? [`tag=${encodeURIComponent(random.pick(tags))}`] : []),
    ...(random.chance(0.1) ? [`fromSrc=-`] : []),
    ...(random.chance(0.1) ? [`fromImage=${encodeURIComponent(from)}`] : []),
    ...(random.chance(0.1) ? [`repo=${encodeURIComponent(ground.repository)}`] : []),
  ];
  const form = `fromImage=${ground.repository}&tag=4`;
  return {
    method: "POST",
    target: `${random.pick(versions)}/images/create?${parts.join("&")}`,
    ...(random.chance(0.2) ? { body: Buffer.from(form) } : {}),
    ...(random.chance(0.1) ? { headers: ["Content-Type: application/x-www-form-urlencoded"] } : {}),
  };
}

function onContainer(ground: Ground, random: Random, as: As): Asked {
  const trap = random.pickOf(ground.traps) ?? "trap0";
  const name = random.chance(0.6)
    ? random.pick([trap, trap.slice(0, 12), trap.slice(0, 4)])
    : `${as}-${random.below(40)}`;
  const at = `${random.pick(versions)}/containers/${name}`;
  const policy: Value = {
    RestartPolicy: { Name: random.pick(["always", "unless-stopped", "on-failure", "no", ""]) },
  };
  switch (random.below(8)) {
    case 0:
    case 1:
      return {
        method: "POST",
        target: `${at}/start`,
        ...(random.chance(0.2) ? { body: written({ Binds: ["/:/h"] }, ground, random) } : {}),
      };
    case 2:
      return { method: "POST", target: `${at}/start?checkpoint=x&checkpoint-dir=/tmp` };
    case 3:
      return { method: "POST", target: `${at}/restart?t=0` };
    case 4:
      return { method: "POST", target: `${at}/update`, body: written(policy, ground, random) };
    case 5:
      return {
        method: "POST",
        target: `${at}/${random.pick(["pause", "unpause", "stop?t=0", "kill", "resize?h=1&w=1", "copy", "checkpoints"])}`,
      };
    case 6:
      return { method: "POST", target: `${at}/rename?name=${as}-${random.below(40)}` };
    default:
      return { method: "DELETE", target: `${at}?force=${random.below(2)}` };
  }
}

function build(ground: Ground, random: Random): Asked {
  const argument = encodeURIComponent(JSON.stringify({ B: image(ground, random) }));
  const query = random.pick([
    "?networkmode=none",
    ...[
      "?networkmode=none",
      `?networkmode=none&buildargs=${argument}`,
      "?dockerfile=Other",
      "?target=x",
    ],
    `?cachefrom=${encodeURIComponent(JSON.stringify([image(ground, random)]))}`,
    ...[
      "?version=2",
      "?remote=client-session",
      "?session=x",
      "?networkmode=host",
      "?buildargs=%7B",
    ],
    `?t=${encodeURIComponent(`${ground.repository}:1`)}`,
  ]);
  const context = harmedTar(random.pickOf(ground.contexts) ?? new Uint8Array(), random);
  const headers = ["Content-Type: application/x-tar"];
  return {
    method: "POST",
    target: `${random.pick(versions)}/build${query}`,
    body: context,
    headers,
  };
}

/** Now and then cut off, or with a letter of its text changed. */
function harmedTar(context: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.8)) return context;
  if (random.chance(0.5)) return context.subarray(0, random.below(context.length));
  const changed = Buffer.from(context);
  const at = random.below(changed.length || 1);
  changed.fill((changed[at] ?? 0) ^ (1 << random.below(8)), at, at + 1);
  return changed;
}

function commit(ground: Ground, random: Random, as: As): Asked {
  const repo = encodeURIComponent(random.pick([ground.repository, "mine", "web"]));
  const from = random.chance(0.5)
    ? (random.pickOf(ground.traps) ?? "x")
    : `${as}-${random.below(40)}`;
  const target = `${random.pick(versions)}/commit?container=${from}&repo=${repo}&tag=${1 + random.below(4)}`;
  return { method: "POST", target, body: written({ Cmd: ["true"] }, ground, random) };
}

function tag(ground: Ground, random: Random): Asked {
  const repo = encodeURIComponent(random.pick([ground.repository, "web", "x/y"]));
  const target = `${random.pick(versions)}/images/${image(ground, random)}/tag?repo=${repo}&tag=${1 + random.below(4)}`;
  return { method: "POST", target };
}

function load(ground: Ground, random: Random): Asked {
  const headers = ["Content-Type: application/x-tar"];
  if (random.chance(0.6))
    return {
      method: "POST",
      target: "/v1.41/images/load?quiet=1",
      body: Buffer.from("no tar"),
      headers,
    };
  return { method: "POST", target: "/v1.41/images/load?quiet=1", body: ground.forged, headers };
}

function other(ground: Ground, random: Random): Asked {
  const plain = random.pick([
    "/grpc",
    "/session",
    "/build/cancel?id=x",
    "/plugins/pull?remote=x",
    "/containers/prune",
    "/info",
    "/images/json",
    "/debug/vars",
    "/swarm/leave?force=1",
  ]);
  const isRead = plain === "/info" || plain === "/images/json" || plain === "/debug/vars";
  if (random.chance(0.8)) return { method: isRead ? "GET" : "POST", target: plain };
  return { method: "DELETE", target: `/v1.41/images/${image(ground, random)}?force=1` };
}
