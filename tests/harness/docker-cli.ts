import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPeer } from "./peers.ts";
import { mustRun, runPeer, type Ran, type RunOptions } from "./peers-run.ts";

/** One person's docker client: its own home, configuration and environment. */
export type DockerCli = AsyncDisposable & {
  readonly program: string;
  readonly home: string;
  /** `~/.docker/trust`: where keys and trust data are kept. */
  readonly trustDirectory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
  /** As `run`, for what has to succeed; gives stdout. */
  readonly must: (args: readonly string[], options?: RunOptions) => Promise<string>;
};

/** Every docker client of this machine: the newest first, and Debian's own where that is another. */
export function dockerPrograms(): readonly string[] {
  const first = findPeer("docker");
  const all = [first, "/usr/bin/docker"].filter((file) => file !== undefined && existsSync(file));
  return [...new Set(all)].filter((file) => file !== undefined);
}

/** A client with a home of its own. `hosts` get `ca` as the CA of their trust server. */
export async function dockerCli(options: {
  readonly env: Readonly<Record<string, string>>;
  readonly program?: string;
  /** See `RunOptions`. */
  readonly via?: readonly string[];
  readonly trusts?: { readonly hosts: readonly string[]; readonly caFile: string };
}): Promise<DockerCli> {
  const program = options.program ?? findPeer("docker") ?? "docker";
  const home = await mkdtemp(join(tmpdir(), "countersign-docker-"));
  const config = join(home, ".docker");
  await mkdir(config);
  for (const host of options.trusts?.hosts ?? []) {
    await mkdir(join(config, "tls", host), { recursive: true });
    await copyFile(options.trusts?.caFile ?? "", join(config, "tls", host, "ca.crt"));
  }
  const env = { HOME: home, DOCKER_CONFIG: config, ...options.env };
  const merged = (more: RunOptions = {}): RunOptions => ({
    ...(options.via === undefined ? {} : { via: options.via }),
    ...more,
    env: { ...env, ...more.env },
  });
  return {
    program,
    home,
    trustDirectory: join(config, "trust"),
    env,
    run: (args, more) => runPeer(program, args, merged(more)),
    must: (args, more) => mustRun(program, args, merged(more)),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}
