import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { rootCertificates } from "node:tls";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { clearLeftovers, hasForeignBridge, removeBridge, unmount } from "./engine-leftovers.ts";
import { canInstall, findProgram, install } from "./install.ts";
import { bootId, ended, remember, running, stop, type Started } from "./processes.ts";
import { say, tell, warn } from "./say.ts";
import { engineDirectories, Stop, type Settings } from "./settings.ts";

/** The engine that the gateway will stand in front of. */
export type EngineChoice =
  | { readonly kind: "none" }
  | { readonly kind: "found"; readonly address: string }
  | { readonly kind: "private"; readonly address: string };

const systemSocket = "unix:///var/run/docker.sock";

/** Chooses an engine: the one asked for, our own of an earlier start, one that answers, or a new private one. */
export async function chooseEngine(settings: Settings): Promise<EngineChoice> {
  const { root, socket } = engineDirectories(settings.data);
  const own = { kind: "private", address: `unix://${socket}` } as const;
  switch (settings.engine) {
    case "none":
      return { kind: "none" };
    case "auto":
      break;
    case "private":
      return own;
    default:
      if (await answers(settings.engine)) return { kind: "found", address: settings.engine };
      throw new Stop(`no Docker engine answers at ${settings.engine} (from ENGINE)`);
  }
  if (existsSync(join(root, "data"))) return own;
  for (const address of [process.env["DOCKER_HOST"], systemSocket])
    if (address !== undefined && (await answers(address))) return { kind: "found", address };
  if (process.getuid?.() !== 0) return { kind: "none" };
  if (findProgram("dockerd") !== undefined) return own;
  if (!canInstall() || !install(["docker.io"])) return { kind: "none" };
  // Where an init system starts what is installed, that engine is there now, and two would be in each other's way.
  for (let tries = 0; tries < 20; tries++) {
    if (await answers(systemSocket)) return { kind: "found", address: systemSocket };
    await delay(100);
  }
  return own;
}

/** Starts the private engine unless it runs. `ca` joins the certificates that it trusts. */
export async function startEngine(settings: Settings, ca: string): Promise<void> {
  const { root, run, socket } = engineDirectories(settings.data);
  const pidFile = join(root, "engine.pid");
  const earlier = running(pidFile);
  if (earlier !== undefined) {
    if (await answersSoon(earlier, socket)) return;
    await stop(earlier, 20_000);
  }
  const program = findProgram("dockerd");
  if (program === undefined) throw new Stop("the engine (dockerd) is gone: ENGINE=none make up");
  for (const folder of [join(root, "data"), join(run, "exec")])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  clearLeftovers(root, run);
  writeFileSync(join(root, "ca-bundle.pem"), `${systemCertificates()}\n${ca}`);
  const log = join(root, "engine.log");
  const logged = existsSync(log) ? statSync(log).size : 0;
  if (!hasForeignBridge(root) && (await launch(program, settings, []))) return;
  const complaint = existsSync(log) ? readFileSync(log, "utf8").slice(logged) : "";
  if (complaint !== "" && !/network controller|iptables|bridge/i.test(complaint))
    throw new Stop(`the private engine does not start; see ${log}`);
  clearLeftovers(root, run);
  if (!(await launch(program, settings, withoutBridge)))
    throw new Stop(`the private engine does not start; see ${log}`);
  warn("the engine has no default bridge: containers use --network host or none");
}

const withoutBridge = ["--bridge=none", "--iptables=false", "--ip6tables=false"];

async function launch(
  program: string,
  settings: Settings,
  flags: readonly string[],
): Promise<boolean> {
  const { root, run, socket } = engineDirectories(settings.data);
  const log = openSync(join(root, "engine.log"), "a", 0o600);
  const args = ["--data-root", join(root, "data"), "--exec-root", join(run, "exec")];
  args.push("--pidfile", join(run, "dockerd.pid"), "--host", `unix://${socket}`, ...flags);
  const child = spawn(program, args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, SSL_CERT_FILE: join(root, "ca-bundle.pem") },
  });
  child.unref();
  closeSync(log);
  if (child.pid === undefined) return false;
  const started = remember(join(root, "engine.pid"), child.pid);
  writeFileSync(join(root, "boot"), bootId());
  if (await answersSoon(started, socket)) return true;
  await stop(started, 20_000);
  return false;
}

/** Whether the engine of this process answers before it ends, within half a minute. */
async function answersSoon(engine: Started, socket: string): Promise<boolean> {
  for (let tries = 0; tries < 300; tries++) {
    if (await answers(`unix://${socket}`)) return true;
    if (await ended(engine, 100)) return false;
  }
  return false;
}

/** Ends the private engine, its containers with it. False: it was not running. */
export async function stopEngine(settings: Settings): Promise<boolean> {
  const { root, run } = engineDirectories(settings.data);
  const pidFile = join(root, "engine.pid");
  const engine = running(pidFile);
  if (engine !== undefined) {
    say("stopping the private engine (its containers get 10 seconds)");
    if (!(await stop(engine, 60_000)))
      warn("the engine did not stop by itself and was killed; containers may still run");
  }
  rmSync(pidFile, { force: true });
  unmount(root, run);
  removeBridge(root);
  return engine !== undefined;
}

/** Whether a Docker engine answers at a `unix://` address. */
export async function answers(address: string): Promise<boolean> {
  if (!address.startsWith("unix://")) return false;
  const socketPath = address.slice("unix://".length);
  const status = await new Promise<number | undefined>((resolve) => {
    const ping = request({ socketPath, path: "/_ping", host: "docker", timeout: 3000 }, (reply) => {
      reply.resume();
      resolve(reply.statusCode);
    });
    ping.on("timeout", () => ping.destroy());
    ping.on("error", () => resolve(undefined));
    ping.end();
  });
  return status === 200;
}

function systemCertificates(): string {
  const file = process.env["SSL_CERT_FILE"] || "/etc/ssl/certs/ca-certificates.crt";
  return existsSync(file) ? readFileSync(file, "utf8") : rootCertificates.join("\n");
}

/** Says how to connect an engine where none was found. */
export function tellHowToConnect(): void {
  tell(
    "No Docker engine is connected, so the gateway has nothing behind it yet. " +
      "Connect one with: make down && ENGINE=unix:///var/run/docker.sock make up",
  );
}
