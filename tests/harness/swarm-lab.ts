import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runPeer, type Ran } from "./peers-run.ts";
import { namespaces, prefix, removeGroups, succeeds, sweep } from "./swarm-lab-leftovers.ts";

/** The network's own side, where the server and the clients are. */
export const hubAddress = "10.213.0.1";

/** An engine on a host of its own: network, processes, mounts and name. */
export type LabNode = {
  readonly name: string;
  readonly address: string;
  readonly socketPath: string;
  /** A docker command on this engine itself, past every gate. */
  readonly docker: (...args: readonly string[]) => Promise<Ran>;
  /** As `docker`, for what has to succeed; gives stdout. */
  readonly must: (...args: readonly string[]) => Promise<string>;
  /** Pulls the plug: engine, containers and all that they started are gone at once. */
  readonly powerCut: () => Promise<void>;
};

export type SwarmLab = AsyncDisposable & {
  /** What a command line begins with to run in the lab's network. */
  readonly via: readonly string[];
  /** Boots a host, or boots it again. */
  readonly boot: (name: string, address: string) => Promise<LabNode>;
  /** Every host, those to come included, believes this authority for `host`. */
  readonly trust: (host: string, caFile: string) => Promise<void>;
};

/** Why no lab can be here; undefined where one can. With CI=true it has to be. */
export function whyNoLab(): string | undefined {
  if (process.env["CI"] === "true") return undefined;
  if (process.getuid?.() !== 0) return "hosts of their own need root";
  const programs = ["dockerd", "docker", "busybox", "ip", "nsenter", "unshare", "setpriv"];
  const missing = programs.filter((name) => !succeeds("sh", ["-c", `command -v ${name}`]));
  if (missing.length > 0) return `not installed: ${missing.join(", ")}`;
  const mine = ["--net", "--mount", "--uts", "--pid", "--fork", "--mount-proc"];
  if (!succeeds("unshare", [...mine, "ip", "link", "add", "br0", "type", "bridge"]))
    return "namespaces or bridges are not allowed here";
  return undefined;
}

/** A network that this machine's own never meets, with no hosts yet. */
export async function openSwarmLab(): Promise<SwarmLab> {
  await sweep();
  const name = `${prefix}-${process.pid}`;
  const hub = `${name}-hub`;
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  const running = new Map<string, ChildProcess>();
  const networks: string[] = [];
  const trusted: { readonly host: string; readonly caFile: string }[] = [];
  const close = async (): Promise<void> => {
    for (const child of running.values()) await end(child);
    for (const network of networks) spawnSync("ip", ["netns", "del", network]);
    await removeGroups(name);
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  const certificates = async (etc: string): Promise<void> => {
    for (const { host, caFile } of trusted) {
      await mkdir(join(etc, "certs.d", host), { recursive: true });
      await copyFile(caFile, join(etc, "certs.d", host, "ca.crt"));
    }
  };
  const boot: SwarmLab["boot"] = async (node, address) => {
    const network = `${name}-${node}`;
    if (!networks.includes(network)) {
      networks.push(network);
      connect({ hub, network, node, address });
    }
    const home = join(folder, node);
    const socketPath = join(home, "docker.sock");
    // A reboot loses /run; with a stale pid file there the engine would not start.
    for (const lost of ["exec", "docker.sock", "pid"])
      await rm(join(home, lost), { recursive: true, force: true });
    for (const part of ["data", "exec", "run/plugins", "etc"])
      await mkdir(join(home, part), { recursive: true });
    await certificates(join(home, "etc"));
    await writeFile(join(home, "start"), startScript(node, { home, group: name }));
    const child = spawn("setpriv", [
      ...["--pdeathsig", "KILL", "nsenter", `--net=${namespaces}/${network}`, "--"],
      ...["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"],
      ...["sh", join(home, "start")],
    ]);
    running.set(node, child);
    const docker: LabNode["docker"] = (...args) =>
      runPeer("docker", ["-H", `unix://${socketPath}`, ...args], {
        env: { HOME: home, DOCKER_CLI_HINTS: "false" },
      });
    await answers(docker, child, node);
    return {
      ...{ name: node, address, socketPath, docker },
      must: async (...args) => {
        const ran = await docker(...args);
        if (ran.exitCode === 0) return ran.out;
        throw new Error(`${node}: docker ${args.join(" ")} ended with ${ran.exitCode}: ${ran.err}`);
      },
      powerCut: () => end(child),
    };
  };
  try {
    await Promise.all(["/run/docker", "/etc/docker"].map((at) => mkdir(at, { recursive: true })));
    networks.push(hub);
    ip("netns", "add", hub);
    ip("-n", hub, "link", "set", "lo", "up");
    // An address of its own: else it takes that of the lowest port, another one when a host joins.
    ip("-n", hub, "link", "add", "br0", "address", "02:0a:d5:00:00:01", "type", "bridge");
    ip("-n", hub, "addr", "add", `${hubAddress}/24`, "dev", "br0");
    ip("-n", hub, "link", "set", "br0", "up");
  } catch (error) {
    await close();
    throw error;
  }
  return {
    via: ["setpriv", "--pdeathsig", "KILL", "nsenter", `--net=${namespaces}/${hub}`, "--"],
    boot,
    trust: async (host, caFile) => {
      trusted.push({ host, caFile });
      for (const node of running.keys()) await certificates(join(folder, node, "etc"));
    },
    [Symbol.asyncDispose]: close,
  };
}

/** One cable from a new host to the hub. */
function connect(cable: Readonly<Record<"hub" | "network" | "node" | "address", string>>): void {
  const { hub, network, node, address } = cable;
  const port = `v-${node}`;
  ip("netns", "add", network);
  ip("-n", network, "link", "set", "lo", "up");
  ip("-n", hub, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", network);
  ip("-n", hub, "link", "set", port, "master", "br0", "up");
  ip("-n", network, "addr", "add", `${address}/24`, "dev", "eth0");
  ip("-n", network, "link", "set", "eth0", "up");
  ip("-n", network, "route", "add", "default", "via", hubAddress);
}

/** What the host's first process does: its own /run/docker, /etc/docker and name, then the engine. */
function startScript(
  node: string,
  { home, group }: { readonly home: string; readonly group: string },
): string {
  return [
    "set -e",
    `mount --bind ${home}/run /run/docker`,
    `mount --bind ${home}/etc /etc/docker`,
    `hostname ${node}`,
    `exec dockerd --data-root ${home}/data --exec-root ${home}/exec -p ${home}/pid ` +
      `-H unix://${home}/docker.sock --cgroup-parent /${group} >>${home}/log 2>&1 </dev/null`,
    "",
  ].join("\n");
}

async function answers(
  docker: LabNode["docker"],
  child: ChildProcess,
  node: string,
): Promise<void> {
  for (let tries = 0; tries < 150 && child.exitCode === null; tries += 1) {
    const ran = await docker("version", "--format", "{{.Server.Version}}");
    if (ran.exitCode === 0) return;
    await delay(100);
  }
  await end(child);
  throw new Error(`the engine of ${node} does not answer`);
}

/** The engine is the first process of its namespace's child: all of it dies with the outer one. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "close"); // its pipes close when the last of its processes is gone
  child.kill("SIGKILL");
  await gone;
}

function ip(...args: readonly string[]): void {
  const ran = spawnSync("ip", args, { encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`ip ${args.join(" ")}: ${ran.stderr}`);
}
