import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpsRequest } from "node:https";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connect as tlsConnect, type TLSSocket } from "node:tls";
import { pino } from "pino";
import { createEngine, type Engine } from "#adapters/docker";
import { parseDigest, type Digest } from "#domain/oci";
import { createGateway, type BuildPolicy, type Gateway, type Judge } from "#faces/gateway";
import { makeAuthority, type TestAuthority, type TestClient } from "./engine-certificates.ts";
import {
  caller,
  tableCallers,
  tableJudge,
  type TableCallers,
  type TableJudge,
} from "./engine-judge.ts";
import { makeTinyImageFolder, startEngine, type TestEngine } from "./engine.ts";

export type Person = "root" | "dev" | "limited" | "viewer" | "nobody" | "stranger";
export type Ran = { readonly status: number; readonly out: string; readonly err: string };
export type Cli = "docker" | "/usr/bin/docker";

/** A real engine, a real registry, and our gateway in front of the engine. */
export type GatewayWorld = {
  readonly engine: Engine;
  readonly socketPath: string;
  readonly folder: string;
  readonly rootfs: string;
  readonly judge: TableJudge;
  readonly callers: TableCallers;
  readonly gateway: Gateway;
  readonly port: number;
  /** `127.0.0.1:<port>` of the registry. */
  readonly registry: string;
  /** Lines that the gateway logged. */
  readonly logged: string[];
  build: Awaited<ReturnType<BuildPolicy>>;
  /** Runs a docker command through the gateway. */
  docker(args: readonly string[], how?: DockerOptions): Promise<Ran>;
  /** Runs a docker command on the engine itself. */
  direct(...args: readonly string[]): Promise<Ran>;
  /** Starts a docker command through the gateway. */
  start(args: readonly string[], how?: DockerOptions): ChildProcess;
  /** One request over the gateway, exactly as given. */
  ask(method: string, target: string, how?: AskOptions): Promise<Answer>;
  /** A TLS connection to the gateway, for requests that no client library would send. */
  connect(as?: Person): Promise<TLSSocket>;
  /** Makes an image with `text` in /text, pushes it, and removes it from the engine. */
  publish(name: string, text: string): Promise<{ readonly digest: Digest; readonly id: string }>;
  client(person: Person): TestClient;
  stop(): Promise<void>;
};
export type DockerOptions = {
  readonly as?: Person;
  readonly cli?: Cli;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
};
export type AskOptions = {
  readonly as?: Person;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
};
export type Answer = {
  readonly status: number;
  readonly body: string;
  readonly headers: ReadonlyMap<string, string>;
};

const commandMs = 60_000;

/** `judge`: who judges in place of the table. */
export async function gatewayWorld(
  settings: { readonly judge?: Judge } = {},
): Promise<GatewayWorld> {
  const folder = await mkdtemp(join(tmpdir(), "cs-world-"));
  const stops: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const one of stops.toReversed()) await one();
  };
  try {
    return await build(folder, stops, { stop, ...settings });
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  folder: string,
  stops: (() => Promise<void>)[],
  { stop, judge: instead }: { readonly stop: () => Promise<void>; readonly judge?: Judge },
): Promise<GatewayWorld> {
  const authority = await makeAuthority();
  stops.push(() => authority.remove());
  const clients = await makeClients(authority, stops);
  const real: TestEngine = await startEngine();
  stops.push(() => real.stop());
  const registry = await startRegistry(folder, stops);
  const rootfs = await makeTinyImageFolder(folder);
  const engine = createEngine({ socketPath: real.socketPath });
  stops.push(async () => engine.close());
  const judge = tableJudge();
  const callers = tableCallers();
  for (const [person, client] of clients) introduce(callers, person, client);
  const logged: string[] = [];
  const policy: { build: Awaited<ReturnType<BuildPolicy>> } = { build: "allow" };
  const gateway = createGateway({
    engine,
    judge: instead ?? judge,
    callers,
    buildPolicy: async () => policy.build,
    tls: { ...authority.server, clientCa: authority.caPem },
    log: pino({ level: "debug" }, { write: (line: string) => void logged.push(line) }),
    drainSeconds: 1,
  });
  const { port } = await gateway.listen("127.0.0.1", 0);
  stops.push(() => gateway.close());
  const clientOf = (person: Person): TestClient => {
    const client = clients.get(person);
    if (client === undefined) throw new Error(`no such person: ${person}`);
    return client;
  };
  const start: GatewayWorld["start"] = (args, how = {}) =>
    spawn(how.cli ?? "docker", [...args], {
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: folder,
        DOCKER_CONFIG: join(folder, "config"),
        DOCKER_HOST: `tcp://127.0.0.1:${port}`,
        DOCKER_TLS_VERIFY: "1",
        DOCKER_CERT_PATH: clientOf(how.as ?? "dev").folder,
        DOCKER_CLI_HINTS: "false",
        ...how.env,
      },
    });
  const direct: GatewayWorld["direct"] = (...args) =>
    finish(spawn("docker", ["-H", `unix://${real.socketPath}`, ...args]));
  return {
    engine,
    socketPath: real.socketPath,
    folder,
    rootfs,
    judge,
    callers,
    gateway,
    port,
    registry,
    logged,
    get build() {
      return policy.build;
    },
    set build(value) {
      policy.build = value;
    },
    start,
    direct,
    docker: (args, how = {}) => finish(start(args, how), how.input),
    ask: (method, target, how = {}) =>
      ask(port, clientOf(how.as ?? "dev"), { method, target, how }),
    connect: async (as = "dev") => {
      const { ca, cert, key } = clientOf(as);
      const half = { allowHalfOpen: true }; // Node's types do not know that TLS takes it too
      const socket = tlsConnect({ ...half, host: "127.0.0.1", port, ca, cert, key });
      await once(socket, "secureConnect");
      return socket;
    },
    publish: (name, text) => publish(direct, { socketPath: real.socketPath, rootfs, name, text }),
    client: clientOf,
    stop,
  };
}

async function makeClients(
  authority: TestAuthority,
  stops: (() => Promise<void>)[],
): Promise<ReadonlyMap<Person, TestClient>> {
  const clients = new Map<Person, TestClient>();
  for (const person of ["root", "dev", "limited", "viewer", "nobody"] as const)
    clients.set(person, await authority.client(person));
  const foreign = await makeAuthority();
  stops.push(() => foreign.remove());
  // From another authority, but trusting our server: what a forged bundle would look like.
  clients.set("stranger", { ...(await foreign.client("stranger")), ca: authority.caPem });
  return clients;
}

function introduce(callers: TableCallers, person: Person, client: TestClient): void {
  const permissions = {
    root: "full-control",
    dev: "full-control",
    limited: "restricted-control",
    viewer: "view-only",
  } as const;
  if (person !== "stranger" && person !== "nobody")
    callers.known.set(client.fingerprint, caller(person, permissions[person], person === "root"));
}

/** Waits for a command, at most a minute. */
export async function finish(child: ChildProcess, input?: string | Uint8Array): Promise<Ran> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin?.on("error", () => undefined); // a command may end before it has read everything
  child.stdin?.end(input);
  const killer = setTimeout(() => child.kill("SIGKILL"), commandMs);
  const [status] = (await once(child, "close")) as [number | null];
  clearTimeout(killer);
  return {
    status: status ?? -1,
    out: Buffer.concat(out).toString(),
    err: Buffer.concat(err).toString(),
  };
}

async function ask(
  port: number,
  { ca, cert, key }: TestClient,
  { method, target, how }: { method: string; target: string; how: AskOptions },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = httpsRequest(
      {
        ...{ host: "127.0.0.1", port, method, path: target, ca, cert, key, agent: false },
        headers: {
          ...(how.body === undefined ? {} : { "content-type": "application/json" }),
          ...how.headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.once("error", reject);
        answer.once("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: Buffer.concat(chunks).toString(),
            headers: new Map(
              Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
            ),
          }),
        );
      },
    );
    asked.once("error", reject);
    asked.end(how.body);
  });
}

async function publish(
  direct: GatewayWorld["direct"],
  {
    socketPath,
    rootfs,
    name,
    text,
  }: { socketPath: string; rootfs: string; name: string; text: string },
): Promise<{ readonly digest: Digest; readonly id: string }> {
  await writeFile(join(rootfs, "text"), text);
  const script = `tar -C '${rootfs}' -c . | docker -H 'unix://${socketPath}' import -c 'CMD ["cat","/text"]' - '${name}'`;
  await succeed(finish(spawn("sh", ["-c", script])));
  await succeed(direct("push", "-q", name));
  const inspected = await succeed(direct("image", "inspect", name));
  const [image] = JSON.parse(inspected.out) as { Id: string; RepoDigests: string[] }[];
  const repository = name.slice(0, name.lastIndexOf(":"));
  const pushed = image?.RepoDigests.find((one) => one.startsWith(`${repository}@`)) ?? "";
  await succeed(direct("image", "rm", "-f", image?.Id ?? ""));
  return { digest: parseDigest(pushed.slice(pushed.indexOf("@") + 1)), id: image?.Id ?? "" };
}

/** The result of a command that must not fail. */
export async function succeed(running: Promise<Ran>): Promise<Ran> {
  const ran = await running;
  if (ran.status !== 0) throw new Error(`exit ${ran.status}: ${ran.err}${ran.out}`);
  return ran;
}

export async function startRegistry(
  folder: string,
  stops: (() => Promise<void>)[],
): Promise<string> {
  const port = await freePort();
  await mkdir(join(folder, "registry"));
  const config = join(folder, "registry.yml");
  const storage = `storage: {filesystem: {rootdirectory: ${join(folder, "registry")}}, delete: {enabled: true}}`;
  await writeFile(config, `version: 0.1\n${storage}\nhttp: {addr: "127.0.0.1:${port}"}\n`);
  const child = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
  stops.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  });
  for (let tries = 0; tries < 100; tries += 1) {
    if (await accepts(port)) return `127.0.0.1:${port}`;
    await delay(50);
  }
  throw new Error("docker-registry does not answer");
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
