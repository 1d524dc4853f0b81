import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createRegistryClient, type RegistryClient } from "#adapters/remotes";
import { run } from "#apps/cli";
import { createClient, type Client } from "#contracts";
import { digestOf, parseRepositoryName, parseTag } from "#domain/oci";
import { httpsFetch } from "../../apps/cli/https-fetch.ts";
import { smallImage } from "../../faces/registry/testing/registry-world.ts";
import { startServer, type ServerUnderTest } from "../harness/server.ts";

export const passphrase = "a long test passphrase";
const password = (name: string): string => `password of ${name}`;

export type Ran = { readonly exitCode: number; readonly out: string; readonly err: string };
type How = {
  readonly env?: Readonly<Record<string, string>>;
  /** What the person types, answer by answer; without it there is no terminal. */
  readonly typed?: readonly string[];
};

/** One person at a machine of their own, with our command and the Go clients. */
export type Person = {
  readonly name: string;
  readonly home: string;
  readonly trustDirectory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly run: (args: readonly string[], how?: How) => Promise<Ran>;
  /** As `run`, for what has to succeed; gives the JSON. */
  readonly json: (args: readonly string[], how?: How) => Promise<unknown>;
};

export type PeopleLab = AsyncDisposable & {
  readonly server: ServerUnderTest;
  readonly host: string;
  readonly admin: Client;
  readonly person: (name: string) => Promise<Person>;
  /** Pushes an image of its own as admin; gives its digest. */
  readonly push: (repository: string, tag: string, content: string) => Promise<string>;
};

const o = { signal: AbortSignal.timeout(600_000) };

/** A running server with acme's people: alice and bob may write, bob is of acme/qa, carol may only read. */
export async function openPeopleLab(): Promise<PeopleLab> {
  const server = await startServer();
  const homes = await mkdtemp(join(tmpdir(), "countersign-people-"));
  const { fetch, close } = httpsFetch([server.ca]);
  const anybody = createClient({ server: server.ui, fetch });
  const { token = "" } = await anybody("signIn", {
    body: { username: "admin", password: server.adminPassword, transport: "bearer" },
  });
  const admin = createClient({ server: server.ui, fetch, token });
  await admin("createOrganization", { body: { name: "acme" } });
  for (const [team, right, members] of [
    ["acme/dev", "write", ["alice", "bob"]],
    ["acme/qa", "read", ["bob"]],
    ["acme/all", "read", ["carol"]],
  ] as const) {
    await admin("createTeam", { body: { name: team, right } });
    for (const name of members) {
      const isThere = (await admin("listUsers")).some((user) => user.name === name);
      if (!isThere) await admin("createUser", { body: { name, password: password(name) } });
      const [organization = "", short = ""] = team.split("/");
      await admin("addMember", { params: { organization, team: short, user: name } });
    }
  }
  const registry = createRegistryClient(
    {
      url: server.ui,
      tls: { ca: server.ca },
      credentials: () => Promise.resolve({ username: "admin", password: server.adminPassword }),
    },
    { clock: Date.now, actions: "pull,push" },
  );
  return {
    server,
    host: server.registryHost,
    admin,
    async person(name) {
      const home = join(homes, name);
      const config = join(home, ".docker");
      await mkdir(join(config, "tls", server.registryHost), { recursive: true });
      await writeFile(join(config, "tls", server.registryHost, "ca.crt"), server.ca);
      const auth = Buffer.from(`${name}:${password(name)}`).toString("base64");
      const auths = { [server.registryHost]: { auth } };
      await writeFile(join(config, "config.json"), JSON.stringify({ auths }));
      const env = {
        HOME: home,
        DOCKER_CONFIG: config,
        PATH: process.env["PATH"] ?? "",
        NOTARY_AUTH: auth,
        COUNTERSIGN_SERVER: server.ui,
        COUNTERSIGN_CA: server.caFile,
        COUNTERSIGN_USER: name,
        COUNTERSIGN_PASSWORD: password(name),
        COUNTERSIGN_PASSPHRASE: passphrase,
        DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: passphrase,
        DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrase,
        DOCKER_CONTENT_TRUST_SERVER: server.ui,
        NOTARY_ROOT_PASSPHRASE: passphrase,
        NOTARY_TARGETS_PASSPHRASE: passphrase,
        NOTARY_SNAPSHOT_PASSPHRASE: passphrase,
        NOTARY_DELEGATION_PASSPHRASE: passphrase,
      };
      const runIt = commandIn(home, env);
      return {
        name,
        home,
        trustDirectory: join(config, "trust"),
        env,
        run: runIt,
        async json(args, how) {
          const ran = await runIt([...args, "--format", "json"], how);
          if (ran.exitCode === 0) return JSON.parse(ran.out) as unknown;
          throw new Error(`${args.join(" ")}: exit ${ran.exitCode}\n${ran.err}${ran.out}`);
        },
      };
    },
    push: (repository, tag, content) => pushImage(registry, { repository, tag, content }),
    async [Symbol.asyncDispose]() {
      await registry.close();
      close();
      await server[Symbol.asyncDispose]();
      await rm(homes, { recursive: true, force: true });
    },
  };
}

/** Pushes an image of its own; gives its digest. */
export async function pushImage(
  registry: RegistryClient,
  at: { readonly repository: string; readonly tag: string; readonly content: string },
): Promise<string> {
  const { blobs, manifest } = smallImage(at.content);
  const name = parseRepositoryName(at.repository);
  for (const bytes of blobs)
    await registry.pushBlob(
      name,
      {
        digest: digestOf(bytes),
        bytes: bytes.length,
        open: () => Readable.from([Buffer.from(bytes)]),
      },
      o,
    );
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  return await registry.pushManifest(
    name,
    { tag: parseTag(at.tag), mediaType, bytes: manifest },
    o,
  );
}

/** Our command in a home and an environment of its own. */
export function commandIn(
  home: string,
  env: Readonly<Record<string, string>>,
): (args: readonly string[], how?: How) => Promise<Ran> {
  return async (args, how = {}) => {
    let [out, err] = ["", ""];
    const typed = [...(how.typed ?? [])];
    const answer = (question: string): Promise<string> => {
      err += `${question}\n`;
      return Promise.resolve(typed.shift() ?? "");
    };
    const exitCode = await run(args, {
      env: { ...env, ...how.env },
      workingDirectory: home,
      homeDirectory: home,
      clock: Date.now,
      out: (text) => (out += text),
      err: (text) => (err += text),
      terminal: {
        canAsk: how.typed !== undefined,
        takesColour: false,
        ask: answer,
        askSecret: answer,
        readInput: () => Promise.resolve(""),
      },
    });
    return { exitCode, out, err };
  };
}
