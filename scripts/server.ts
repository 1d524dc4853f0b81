import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { commandFile } from "./build.ts";
import type { EngineChoice } from "./engine.ts";
import { ended, remember, running, stop, type Started } from "./processes.ts";
import { hostsFile, projectDirectory, splitHost, Stop, type Settings } from "./settings.ts";

const startMs = 60_000;
const drainMs = 30_000;

export const files = (
  data: string,
): Readonly<Record<"pid" | "log" | "ca" | "firstPassword", string>> => ({
  pid: join(data, "server.pid"),
  log: join(data, "server.log"),
  ca: join(data, "ca.pem"),
  firstPassword: join(data, "first-password"),
});

/** The server of this data directory, if it runs. */
export const runningServer = (data: string): Started | undefined => running(files(data).pid);

/** Starts the server in the background and returns when all its addresses answer. Throws `Stop`. */
export async function startServer(settings: Settings, engine: EngineChoice): Promise<void> {
  await requireFree(settings.listen.port, settings.listen.address, "HOST=localhost:9443");
  const gateway = settings.gatewayListen;
  await requireFree(gateway.port, gateway.address, "GATEWAY=localhost:3376");
  writeFileSync(
    hostsFile(settings.data),
    `${JSON.stringify({ host: settings.host, gatewayHost: settings.gatewayHost })}\n`,
  );
  const started = launch(settings, engine);
  const giveUp = Date.now() + startMs;
  while (!(await isReady(settings))) {
    if (await ended(started, 100)) throw new Stop(lastWords(settings.data));
    if (Date.now() > giveUp) {
      await stop(started, drainMs);
      throw new Stop(`the server does not answer after ${startMs / 1000} seconds; see: make logs`);
    }
  }
}

/** Ends the server: it finishes what it does first. False: it was not running. */
export async function stopServer(data: string): Promise<boolean> {
  const server = runningServer(data);
  if (server === undefined) return false;
  await stop(server, drainMs);
  rmSync(files(data).pid, { force: true });
  return true;
}

function launch(settings: Settings, engine: EngineChoice): Started {
  const { data } = settings;
  const { pid, log, firstPassword } = files(data);
  const output = openSync(log, "a", 0o600);
  const child = spawn(process.execPath, [commandFile("countersign"), "serve"], {
    cwd: projectDirectory,
    detached: true,
    stdio: ["ignore", output, output],
    env: {
      ...process.env,
      COUNTERSIGN_DATA: data,
      COUNTERSIGN_HOST: settings.host,
      COUNTERSIGN_LISTEN: `${settings.listen.address}:${settings.listen.port}`,
      COUNTERSIGN_GATEWAY_HOST: settings.gatewayHost,
      COUNTERSIGN_GATEWAY_LISTEN: `${settings.gatewayListen.address}:${settings.gatewayListen.port}`,
      COUNTERSIGN_ENGINE: engine.kind === "none" ? "none" : engine.address,
      COUNTERSIGN_FIRST_PASSWORD_FILE: firstPassword,
      COUNTERSIGN_WEB: join(projectDirectory, "dist/web"),
    },
  });
  child.unref();
  closeSync(output);
  if (child.pid === undefined) throw new Stop("the server's process cannot be started");
  return remember(pid, child.pid);
}

async function isReady(settings: Settings): Promise<boolean> {
  const { ca } = files(settings.data);
  if (!existsSync(ca)) return false;
  const { host, listen, gatewayHost, gatewayListen } = settings;
  const trusted = readFileSync(ca);
  const health = await ask({ host, port: listen.port, path: "/healthz", ca: trusted });
  if (health !== 200) return false;
  // Without a client certificate the gateway ends the handshake: that too is an answer.
  const { port } = gatewayListen;
  return (await ask({ host: gatewayHost, port, path: "/_ping", ca: trusted })) !== "nobody";
}

/** The status that `path` is answered with on this machine; `nobody` where nothing listens. */
async function ask(options: {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly ca: Buffer;
}): Promise<number | "nobody" | "refused"> {
  return await new Promise((resolve) => {
    const asking = request(
      {
        host: "127.0.0.1",
        port: options.port,
        path: options.path,
        servername: splitHost(options.host, 443).name,
        headers: { host: options.host },
        ca: options.ca,
        timeout: 2000,
        agent: false,
      },
      (reply) => {
        reply.resume();
        resolve(reply.statusCode ?? 0);
      },
    );
    asking.on("timeout", () => asking.destroy(new Error("silent")));
    asking.on("error", (error) => {
      const isAway = "code" in error && error.code === "ECONNREFUSED";
      resolve(isAway || error.message === "silent" ? "nobody" : "refused");
    });
    asking.end();
  });
}

async function requireFree(port: number, address: string, example: string): Promise<void> {
  const code = await new Promise<string | undefined>((resolve) => {
    const probe = createServer();
    probe.on("error", (error) => resolve("code" in error ? String(error.code) : "unknown"));
    probe.listen(port, address, () => probe.close(() => resolve(undefined)));
  });
  if (code === "EACCES")
    throw new Stop(`port ${port} needs root; choose another: ${example} make up`);
  if (code !== undefined)
    throw new Stop(`port ${port} is in use by another program; stop it, or: ${example} make up`);
}

/** The last complaint in the log, as one sentence. */
function lastWords(data: string): string {
  const lines = readFileSync(files(data).log, "utf8").trim().split("\n");
  const complaint = lines.findLast((line) => /"level":(50|60|"error"|"fatal")|Error/.test(line));
  return `the server ended while it started: ${messageOf(complaint ?? lines.at(-1) ?? "")}`;
}

function messageOf(line: string): string {
  try {
    const read: unknown = JSON.parse(line);
    const text: unknown = typeof read === "object" && read !== null && Reflect.get(read, "msg");
    return typeof text === "string" ? text : line;
  } catch {
    return line; // not a log line: what Node itself printed
  }
}
