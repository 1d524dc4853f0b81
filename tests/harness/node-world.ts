import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { createEngine } from "#adapters/docker";
import { gunOf, tryReference } from "#domain/oci";
import {
  guardScript,
  listenOnNode,
  secretHeader,
  storedContainers,
  type LocalPermission,
} from "#faces/engine-plugin";
import {
  NodeVerdictsError,
  openNodeVerdicts,
  type Answer,
  type Kept,
  type Question,
  type Refusal,
  type VerdictServer,
} from "#services/node-verdicts";
import { finish, startRegistry, succeed, type Ran } from "./engine-world.ts";
import { makeTinyImageFolder, startEngine } from "./engine.ts";

/** A server for nodes that knows a table of signed digests; it can be away. */
export type TableServer = VerdictServer & {
  state: "up" | "away" | "foreign";
  mode: "enforce" | "off";
  /** `host/repository:tag` and the digest that is signed for it. */
  readonly signed: Map<string, string>;
  readonly asked: Question[];
  readonly told: Refusal[];
};

/** A real engine with the plugin and the guard in front of it, and a real registry. */
export type NodeWorld = {
  readonly folder: string;
  readonly server: TableServer;
  readonly registry: string;
  /** Moved by hand, on top of the real one. */
  readonly clock: { aheadMs: number };
  readonly settings: { local: LocalPermission; allowBuilds: boolean };
  readonly gatewaySecret: string;
  readonly socketPath: string;
  readonly runtime: string;
  docker(...args: readonly string[]): Promise<Ran>;
  /** One request at the engine's socket. */
  ask(
    method: string,
    target: string,
    how?: { body?: string; type?: string; secret?: string },
  ): Promise<{ readonly status: number; readonly body: string }>;
  upkeep(): Promise<void>;
  /** The plugin's process as good as killed, and back. */
  stopPlugin(): Promise<void>;
  startPlugin(): Promise<void>;
  publish(name: string, text: string): Promise<{ readonly digest: string; readonly id: string }>;
  stop(): Promise<void>;
};

export async function nodeWorld(...flags: readonly string[]): Promise<NodeWorld> {
  const folder = await mkdtemp(join(tmpdir(), "cs-node-"));
  const stops: (() => Promise<void>)[] = [
    async () => {
      unmountBelow(folder);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  ];
  const stop = async (): Promise<void> => {
    for (const one of stops.toReversed()) await one();
  };
  try {
    return await build(folder, stops, stop, flags);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  folder: string,
  stops: (() => Promise<void>)[],
  stop: () => Promise<void>,
  flags: readonly string[],
): Promise<NodeWorld> {
  const name = `cs-test-${randomBytes(6).toString("hex")}`;
  const socketPath = join(folder, "docker.sock");
  const pluginSocket = `/run/docker/plugins/${name}.sock`;
  const guardSocket = join(folder, "guard.sock");
  const ownSecret = randomBytes(16).toString("hex");
  const gatewaySecret = randomBytes(16).toString("hex");
  const server = tableServer();
  const clock = { aheadMs: 0 };
  const settings = { local: "restricted-control" as LocalPermission, allowBuilds: false };
  const engine = createEngine({ socketPath, headers: { [secretHeader]: ownSecret } });
  stops.push(async () => engine.close());
  let kept: Kept = { verdicts: [], refusals: [] };
  const store = {
    load: () => Promise.resolve(kept),
    save: (next: Kept) => Promise.resolve(void (kept = next)),
  };
  const signal = new AbortController().signal;
  const open = () =>
    openNodeVerdicts(
      {
        ...{ server, store, stalenessMs: 600_000, askMs: 5_000 },
        clock: () => Date.now() + clock.aheadMs,
      },
      { signal },
    );
  let verdicts = await open();
  let plugin: Awaited<ReturnType<typeof listenOnNode>> | undefined;
  const startPlugin = async (): Promise<void> => {
    verdicts = await open();
    const now = verdicts;
    plugin = await listenOnNode({
      engine,
      verdicts: now,
      containers: storedContainers(join(folder, "data")),
      settings: {
        runtime: "countersign",
        ownSecret,
        gatewaySecret,
        get local() {
          return settings.local;
        },
        get allowBuilds() {
          return settings.allowBuilds;
        },
      },
      pluginSocket,
      guardSocket,
      log: pino({ level: "silent" }),
    });
  };
  const stopPlugin = async (): Promise<void> => {
    await verdicts.upkeep({ signal });
    await plugin?.close();
    plugin = undefined;
  };
  stops.push(async () => {
    await stopPlugin();
    await rm(pluginSocket, { force: true });
  });
  await startPlugin();
  const guard = join(folder, "guard");
  await writeFile(guard, guardScript({ guardSocket, runc: "/usr/sbin/runc" }), { mode: 0o755 });
  const real = await startEngine(
    ...["--data-root", join(folder, "data"), "-H", `unix://${socketPath}`],
    ...["--add-runtime", `countersign=${guard}`, "--default-runtime", "countersign"],
    `--authorization-plugin=${name}`,
    ...flags,
  );
  stops.push(async () => {
    if (plugin === undefined) await startPlugin(); // without it the engine answers nobody
    settings.local = "admin";
    await real.stop();
  });
  const registry = await startRegistry(folder, stops);
  const rootfs = await makeTinyImageFolder(folder);
  const docker: NodeWorld["docker"] = (...args) =>
    finish(
      spawn("docker", ["-H", `unix://${socketPath}`, ...args], {
        env: { ...process.env, DOCKER_CONFIG: join(folder, "config"), DOCKER_BUILDKIT: "0" },
      }),
    );
  return {
    ...{ folder, server, registry, clock, settings, gatewaySecret, socketPath, docker },
    runtime: guard,
    ask: async (method, target, how = {}) => {
      const ran = await finish(
        spawn("curl", [
          ...["-s", "--unix-socket", socketPath, "-X", method, "-w", "\n%{http_code}"],
          ...(how.body === undefined ? [] : ["--data-binary", "@-"]),
          ...["-H", `content-type: ${how.type ?? "application/json"}`],
          ...(how.secret === undefined ? [] : ["-H", `${secretHeader}: ${how.secret}`]),
          ...["--path-as-is", `http://d${target}`],
        ]),
        how.body ?? "",
      );
      const at = ran.out.lastIndexOf("\n");
      return { status: Number(ran.out.slice(at + 1)), body: ran.out.slice(0, at) };
    },
    upkeep: () => verdicts.upkeep({ signal }),
    stopPlugin,
    startPlugin,
    publish: async (image, text) => {
      await writeFile(join(rootfs, "text"), text);
      const host = `docker -H 'unix://${socketPath}'`;
      const script = `tar -C '${rootfs}' -c . | ${host} import -c 'CMD ["cat","/text"]' - '${image}'`;
      await succeed(finish(spawn("sh", ["-c", script])));
      await succeed(docker("push", "-q", image));
      const inspected = await succeed(docker("image", "inspect", image));
      const [found] = JSON.parse(inspected.out) as { Id: string; RepoDigests: string[] }[];
      const digest = found?.RepoDigests.find((one) => one.includes("@"))?.split("@")[1] ?? "";
      await succeed(docker("image", "rm", "-f", found?.Id ?? ""));
      return { digest, id: found?.Id ?? "" };
    },
    stop,
  };
}

function tableServer(): TableServer {
  const server: TableServer = {
    state: "up",
    mode: "enforce",
    signed: new Map(),
    asked: [],
    told: [],
    async ask(question) {
      answers(server);
      server.asked.push(question);
      return server.mode === "off" ? { kind: "as-written" } : decide(server, question);
    },
    async report(refusals) {
      answers(server);
      server.told.push(...refusals);
    },
  };
  return server;
}

function answers({ state }: TableServer): void {
  if (state === "away")
    throw new NodeVerdictsError("node-verdicts/server-away", "the server is away");
  if (state === "foreign")
    throw new NodeVerdictsError("node-verdicts/not-known", "the node is not known");
}

function decide(server: TableServer, question: Question): Answer {
  for (const name of question.localDigests ?? [question.image]) {
    const reference = tryReference(name);
    if (reference === undefined) continue;
    const gun = gunOf(reference);
    const [, digest] =
      [...server.signed].find(([key, signed]) =>
        reference.digest === undefined
          ? key === `${gun}:${reference.tag ?? "latest"}`
          : key.startsWith(`${gun}:`) && signed === reference.digest,
      ) ?? [];
    if (digest !== undefined) return { kind: "run", reference: `${gun}@${digest}`, digest };
  }
  return { kind: "refuse", message: `${question.image} is not signed\nit needs qa` };
}

function unmountBelow(folder: string): void {
  spawnSync("sh", [
    "-c",
    `awk -v f='${folder}/' 'index($2, f) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n1 umount -l`,
  ]);
}
