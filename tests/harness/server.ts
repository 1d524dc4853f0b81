import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { builtCommand } from "./built.ts";

const startMs = 60_000;

/** The built product as a process of its own, on free ports and a temporary data directory. */
export type ServerUnderTest = AsyncDisposable & {
  /** `https://localhost:38123` */
  readonly ui: string;
  readonly registryHost: string;
  /** `tcp://localhost:38124` */
  readonly gateway: string;
  readonly ca: string;
  readonly caFile: string;
  readonly data: string;
  readonly adminPassword: string;
  readonly log: () => string;
  readonly start: () => Promise<void>;
  /** Ends it as an operator would, and waits for it. */
  readonly stop: () => Promise<void>;
  /** Ends it as a power cut would. */
  readonly kill9: () => Promise<void>;
  readonly restart: () => Promise<void>;
};

/** Starts the built server; `engine` is a `unix://` address. */
export async function startServer(
  options: {
    readonly engine?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** What the command line begins with; it has to become the server, not to start it. */
    readonly via?: readonly string[];
  } = {},
): Promise<ServerUnderTest> {
  const data = await mkdtemp(join(tmpdir(), "countersign-server-"));
  const [port, gatewayPort] = await freePorts();
  const passwordFile = join(data, "first-password");
  const caFile = join(data, "ca.pem");
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: data,
    COUNTERSIGN_DATA: data,
    COUNTERSIGN_HOST: `localhost:${port}`,
    COUNTERSIGN_LISTEN: `127.0.0.1:${port}`,
    COUNTERSIGN_GATEWAY_HOST: `localhost:${gatewayPort}`,
    COUNTERSIGN_GATEWAY_LISTEN: `127.0.0.1:${gatewayPort}`,
    COUNTERSIGN_ENGINE: options.engine ?? "none",
    COUNTERSIGN_FIRST_PASSWORD_FILE: passwordFile,
    COUNTERSIGN_PROCESSES: process.env["COUNTERSIGN_PROCESSES"] ?? "",
    COUNTERSIGN_WEB: resolve(import.meta.dirname, "../../dist/web"),
    ...options.env,
  };
  let output = "";
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const command = [process.execPath, builtCommand("countersign"), "serve"];
    const [first = "", ...rest] = [...(options.via ?? []), ...command];
    const started = spawn(first, rest, {
      env,
      cwd: data,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    await until(
      () => readyPid(data) === started.pid,
      () => started.exitCode !== null || started.signalCode !== null,
      () => output,
    );
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolveGone) => running.once("exit", resolveGone));
    running.kill(signal);
    const late = setTimeout(() => running.kill("SIGKILL"), 30_000);
    await gone;
    clearTimeout(late);
  };
  try {
    await start();
    const adminPassword = (await readFile(passwordFile, "utf8")).trim();
    return {
      ui: `https://localhost:${port}`,
      registryHost: `localhost:${port}`,
      gateway: `tcp://localhost:${gatewayPort}`,
      ca: await readFile(caFile, "utf8"),
      caFile,
      data,
      adminPassword,
      log: () => output,
      start,
      stop: () => end("SIGTERM"),
      kill9: () => end("SIGKILL"),
      restart: async () => {
        await end("SIGTERM");
        await start();
      },
      [Symbol.asyncDispose]: async () => {
        await end("SIGTERM");
        await rm(data, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await end("SIGKILL");
    await rm(data, { recursive: true, force: true });
    throw error;
  }
}

/** Two ports that were free a moment ago, held at the same time so that they differ. */
export async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()] as const;
  const ports = await Promise.all(
    servers.map(async (server) => {
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      return (server.address() as AddressInfo).port;
    }),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  const [first = 0, second = 0] = ports;
  return [first, second];
}

/** The pid in `addresses.json`, which the server writes once everything answers. */
function readyPid(data: string): number | undefined {
  try {
    const text = readFileSync(join(data, "addresses.json"), "utf8");
    const read: unknown = JSON.parse(text);
    const pid: unknown = typeof read === "object" && read !== null && Reflect.get(read, "pid");
    return typeof pid === "number" ? pid : undefined;
  } catch {
    return undefined; // not written yet
  }
}

async function until(
  ready: () => boolean,
  failed: () => boolean,
  output: () => string,
): Promise<void> {
  const giveUp = Date.now() + startMs;
  while (!ready()) {
    if (failed()) throw new Error(`the server ended while it started:\n${output()}`);
    if (Date.now() > giveUp) throw new Error(`the server does not get ready:\n${output()}`);
    await delay(25);
  }
}
