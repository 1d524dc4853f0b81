import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtCommand } from "../harness/built.ts";
import { runPeer, type Ran, type RunOptions } from "../harness/peers-run.ts";
import { contentsOf, passphrase } from "./drop-in-lab.ts";

/** Whose `docker trust`: that of docker 28, or our plugin, run as docker runs plugins. */
export type Client = "docker" | "plugin";

export type Bench = {
  readonly directory: string;
  readonly url: string;
  readonly caFile: string;
  readonly env?: Readonly<Record<string, string>>;
};

/** Somebody's home, with docker's configuration in it. */
export type Seat = {
  readonly home: string;
  readonly trust: string;
  /** `docker trust` with these arguments, by either client. */
  readonly trustWith: (
    client: Client,
    args: readonly string[],
    options?: RunOptions,
  ) => Promise<Ran>;
  readonly docker: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
};

export async function seatOf(bench: Bench, name: string): Promise<Seat> {
  const home = join(bench.directory, name);
  const config = join(home, ".docker");
  const tls = join(config, "tls", new URL(bench.url).host);
  await mkdir(tls, { recursive: true });
  await copyFile(bench.caFile, join(tls, "ca.crt"));
  await writeFile(join(config, "config.json"), "{}");
  const env = {
    HOME: home,
    DOCKER_CONTENT_TRUST_SERVER: bench.url,
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: passphrase,
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrase,
    ...bench.env,
  };
  const run = (words: readonly [string, ...string[]], options: RunOptions = {}): Promise<Ran> => {
    const [program, ...args] = words;
    return runPeer(program, args, { cwd: home, ...options, env: { ...env, ...options.env } });
  };
  return {
    home,
    trust: join(config, "trust"),
    docker: (args, options) => run(["docker", ...args], options),
    trustWith: (client, args, options) =>
      client === "docker"
        ? run(["docker", "trust", ...args], options)
        : run([process.execPath, builtCommand("docker-trust"), "trust", ...args], options),
  };
}

/** What a person sees and what is kept, but for what chance, time and names make of it. */
export type Shown = { readonly args: string; readonly ran: Ran; readonly kept: unknown };

/** Runs a command of one client and gives what came of it. `{me}` in an argument is a name of the client's own. */
export async function shownBy(
  client: Client,
  seat: Seat,
  args: readonly string[],
  options?: RunOptions,
): Promise<Shown> {
  const me = client === "docker" ? "dk" : "pl";
  const words = args.map((word) => word.replaceAll("{me}", me));
  const ran = await seat.trustWith(client, words, options);
  const plain = (text: string): string =>
    text
      .split("\n")
      .filter((line) => !line.startsWith("time="))
      .join("\n")
      .replaceAll(seat.home, "HOME")
      .replaceAll(/\b[0-9a-f]{64}\b/g, "HEX64")
      .replaceAll(/\b[0-9a-f]{12}\b/g, "HEX12")
      .replaceAll(/with ID [0-9a-f]{7}/g, "with ID HEX7")
      .replaceAll(/^HEX12: (?:Mounted from .*|Layer already exists|Pushed)$/gm, "HEX12: pushed")
      .replaceAll(`app-${me}`, "app-me");
  const kept: unknown = JSON.parse(
    JSON.stringify(await contentsOf(seat.trust)).replaceAll(`app-${me}`, "app-me"),
  );
  const { exitCode, out, err } = ran;
  return { args: args.join(" "), ran: { exitCode, out: plain(out), err: plain(err) }, kept };
}
