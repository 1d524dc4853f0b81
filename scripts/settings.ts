import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout that these scripts belong to. */
export const projectDirectory = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where this instance keeps everything, and the addresses it answers at. */
export type Settings = {
  readonly data: string;
  /** What image names begin with: `localhost:8443`. */
  readonly host: string;
  /** The host of the last start, where it was another one. */
  readonly earlierHost: string | undefined;
  readonly listen: Address;
  readonly gatewayHost: string;
  readonly gatewayListen: Address;
  /** `auto`, `none`, or `unix:///path`. */
  readonly engine: string;
};
export type Address = { readonly address: string; readonly port: number };

/** A sentence for the person at the terminal, and the end of the script. */
export class Stop extends Error {}

/** Reads `DATA`, `HOST`, `GATEWAY` and `ENGINE`; what was chosen at an earlier start stays. */
export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const data = resolve(projectDirectory, env["DATA"] || env["COUNTERSIGN_DATA"] || ".countersign");
  const earlier = readEarlier(data);
  const host = (env["HOST"] || earlier.host || "localhost:8443").toLowerCase();
  const { name, port } = splitHost(host, 443);
  const sameAsBefore = host === earlier.host ? earlier.gatewayHost : undefined;
  const gatewayHost = env["GATEWAY"] || sameAsBefore || `${name}:2376`;
  const gateway = splitHost(gatewayHost, 2376);
  return {
    data,
    host,
    earlierHost: earlier.host === host ? undefined : earlier.host,
    listen: { address: listenAddress(name), port },
    gatewayHost: `${gateway.name}:${gateway.port}`,
    gatewayListen: { address: listenAddress(gateway.name), port: gateway.port },
    engine: env["ENGINE"] || "auto",
  };
}

/** The file that keeps the addresses for the next start. */
export const hostsFile = (data: string): string => join(data, "hosts.json");

function readEarlier(data: string): { host?: string; gatewayHost?: string } {
  const file = hostsFile(data);
  if (!existsSync(file)) return {};
  const read: unknown = JSON.parse(readFileSync(file, "utf8"));
  const text = (key: string): string | undefined => {
    const value: unknown = typeof read === "object" && read !== null && Reflect.get(read, key);
    return typeof value === "string" ? value : undefined;
  };
  const host = text("host");
  const gatewayHost = text("gatewayHost");
  return {
    ...(host === undefined ? {} : { host }),
    ...(gatewayHost === undefined ? {} : { gatewayHost }),
  };
}

/** `registry.lab` and 443 of `registry.lab`. Throws `Stop`. */
export function splitHost(
  host: string,
  defaultPort: number,
): { readonly name: string; readonly port: number } {
  const match = /^([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::([0-9]{1,5}))?$/.exec(host);
  const [, name = "", digits] = match ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  if (match === null || port < 1 || port > 65_535)
    throw new Stop(`"${host}" is not a host: write it as name or name:port`);
  return { name, port };
}

const isLoopback = (name: string): boolean => name === "localhost" || name.startsWith("127.");
const listenAddress = (name: string): string => (isLoopback(name) ? "127.0.0.1" : "0.0.0.0");

/** Where the private engine keeps its files; sockets need short paths (at most 107 bytes). */
export function engineDirectories(data: string): {
  readonly root: string;
  readonly run: string;
  readonly socket: string;
} {
  const root = join(data, "engine");
  const longestBelow = "/exec/containerd/containerd-debug.sock".length;
  const hash = createHash("sha256").update(data).digest("hex").slice(0, 12);
  const run = Buffer.byteLength(root) + longestBelow < 107 ? root : `/run/countersign-${hash}`;
  return { root, run, socket: join(run, "docker.sock") };
}
