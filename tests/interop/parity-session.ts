import { copyFile, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServerPair, Side } from "../harness/notary-server-pair.ts";
import { runPeer } from "../harness/peers-run.ts";

export const passphrase = "a long test passphrase";

/** What a person at a terminal is shown by one command. */
export type Shown = {
  readonly command: string;
  readonly exitCode: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
};

/** Some people with the real clients, each in a home of their own, all against one server. */
export type Session = {
  readonly shown: Shown[];
  readonly directory: string;
  /** Runs the notary client. */
  readonly notary: (person: string, args: readonly string[], input?: string) => Promise<Shown>;
  /** Runs a docker client. */
  readonly docker: (person: string, args: readonly string[], input?: string) => Promise<Shown>;
  readonly file: (name: string, content: string) => Promise<string>;
};

export async function openSession(
  pair: ServerPair,
  side: Side,
  docker: { readonly program?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Session> {
  const directory = await mkdtemp(join(pair.directory, "session-"));
  const shown: Shown[] = [];
  const show = async (
    person: string,
    run: { readonly program: string; readonly args: readonly string[]; readonly input?: string },
  ): Promise<Shown> => {
    const { program, args, input = "" } = run;
    const home = await homeOf(person);
    const env = { ...environment, ...docker.env, HOME: home, DOCKER_CONFIG: join(home, ".docker") };
    const settings = { DOCKER_CONTENT_TRUST_SERVER: side.url };
    const ran = await runPeer(program, args, { env: { ...env, ...settings }, input });
    const plain = plainer({ directory, url: side.url });
    const one: Shown = {
      command: `${person}$ ${plain([program.replace(/.*\//, ""), ...args].join(" "))}`,
      exitCode: ran.exitCode,
      out: linesOf(plain(ran.out)),
      err: linesOf(plain(ran.err)),
    };
    shown.push(one);
    return one;
  };
  const homeOf = async (person: string): Promise<string> => {
    const home = join(directory, person);
    const tls = join(home, ".docker", "tls", new URL(side.url).host);
    await mkdir(tls, { recursive: true });
    await copyFile(pair.caFile, join(tls, "ca.crt"));
    return home;
  };
  return {
    shown,
    directory,
    notary: (person, args, input = "") => {
      const trust = join(directory, person, "trust");
      const given = ["-s", side.url, "--tlscacert", pair.caFile, "-d", trust, ...args];
      return show(person, { program: "notary", args: given, input });
    },
    docker: (person, args, input = "") =>
      show(person, { program: docker.program ?? "docker", args, input }),
    async file(name, content) {
      const path = join(directory, name);
      await writeFile(path, content);
      return path;
    },
  };
}

const environment = {
  NOTARY_ROOT_PASSPHRASE: passphrase,
  NOTARY_TARGETS_PASSPHRASE: passphrase,
  NOTARY_SNAPSHOT_PASSPHRASE: passphrase,
  NOTARY_DELEGATION_PASSPHRASE: passphrase,
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: passphrase,
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrase,
};

/** Takes out what differs between any two runs: places, ports, ids, times. */
function plainer(of: {
  readonly directory: string;
  readonly url: string;
}): (text: string) => string {
  const { host } = new URL(of.url);
  return (text) =>
    text
      .replaceAll(of.directory, "DIRECTORY")
      .replaceAll(/\.\.\.\S*session-\w{6}/g, "DIRECTORY")
      .replaceAll(of.url, "SERVER")
      .replaceAll(host, "HOST")
      .replaceAll(/\/\S+\/ca\.pem/g, "CA")
      // Of two hashes that differ the client tells of whichever its map gives first.
      .replaceAll(/\bsha(?:256|512) checksum\b/g, "checksum")
      .replaceAll(/\b(?:[0-9a-f]{64}){1,2}\b/g, "ID")
      .replaceAll(/\b[0-9a-f]{12}\b/g, "SHORT")
      .replaceAll(/\bID [0-9a-f]{7}\b/g, "ID SHORT")
      .replaceAll(/key with ID [0-9a-f]{7}/g, "key with ID SHORT")
      .replaceAll(/time="[^"]+"/g, "TIME")
      .replaceAll(/\w{3} \w{3} +\d+ \d\d:\d\d:\d\d UTC \d{4}/g, "DATE");
}

/** In an order of our own: the clients print what they keep in maps, and sort by ids. */
function linesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trimEnd().replace(/^.*\r/, ""))
    .filter((line) => line !== "")
    .toSorted();
}
